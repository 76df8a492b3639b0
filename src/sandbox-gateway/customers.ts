/**
 * Decides what a customer is: a name tag that payment methods are attached to. Holds no money and no history.
 */
import type Stripe from 'stripe';
import type { Parameters } from './parameters.js';
import { noSuch } from './stripe-errors.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

export function createCustomer(unit: UnitOfWork, parameters: Parameters): Stripe.Customer {
  return unit.save<Stripe.Customer>({
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: unit.now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: parameters.text('description') ?? null,
    discount: null,
    email: parameters.text('email') ?? null,
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: parameters.metadata(),
    name: parameters.text('name') ?? null,
    phone: parameters.text('phone') ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  });
}

/** The id of the customer a request names, refused where there is none. */
export async function namedCustomer(unit: UnitOfWork, parameters: Parameters): Promise<string | null> {
  const id = parameters.text('customer');
  if (id === undefined) return null;
  const customer = await unit.find('customer', id);
  if (customer === undefined) throw noSuch('customer', id, 'customer');
  return customer.id;
}
