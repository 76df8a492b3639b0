/**
 * Decides what a customer is: a name tag that payment methods are attached to. Holds no money and no history; one that was
 * deleted keeps its id, and nothing can be asked for it any more.
 */
import type Stripe from 'stripe';
import type { Parameters } from './parameters.js';
import { noSuch } from './stripe-errors.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

export function createCustomer(unit: UnitOfWork, parameters: Parameters): Stripe.Customer {
  const customer = unit.save<Stripe.Customer>({
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
  unit.emit('customer.created', customer);
  return customer;
}

export async function updateCustomer(unit: UnitOfWork, parameters: Parameters, id: string): Promise<Stripe.Customer> {
  const customer = await requireCustomer(unit, id);
  const updated = unit.save<Stripe.Customer>({
    ...customer,
    description: parameters.text('description') ?? customer.description,
    email: parameters.text('email') ?? customer.email,
    metadata: { ...customer.metadata, ...parameters.metadata() },
    name: parameters.text('name') ?? customer.name ?? null,
    phone: parameters.text('phone') ?? customer.phone ?? null,
  });
  unit.emit('customer.updated', updated);
  return updated;
}

/** Final: a second time there is no such customer. */
export async function deleteCustomer(unit: UnitOfWork, _: Parameters, id: string): Promise<Stripe.DeletedCustomer> {
  const customer = await requireCustomer(unit, id);
  unit.emit('customer.deleted', customer);
  return unit.save<Stripe.DeletedCustomer>({ id, object: 'customer', deleted: true });
}

/** The id of the customer a request names, refused where there is none. */
export async function namedCustomer(unit: UnitOfWork, parameters: Parameters): Promise<string | null> {
  const id = parameters.text('customer');
  if (id === undefined) return null;
  return existing(await unit.find('customer', id), id, 'customer').id;
}

async function requireCustomer(unit: UnitOfWork, id: string): Promise<Stripe.Customer> {
  return existing(await unit.lock('customer', id), id);
}

function existing(
  customer: Stripe.Customer | Stripe.DeletedCustomer | undefined,
  id: string,
  param?: string,
): Stripe.Customer {
  if (customer === undefined || customer.deleted === true) throw noSuch('customer', id, param);
  return customer;
}
