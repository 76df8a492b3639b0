/**
 * Decides which payment method a request means and whether it may be attached: a `pm_card_*` token becomes a fresh
 * payment method each time it is used, and one that belongs to a customer serves no other. Never charges.
 */
import type Stripe from 'stripe';
import { namedCustomer } from './customers.js';
import type { Parameters } from './parameters.js';
import { cardDeclined, type Decline, invalidRequest, noSuch } from './stripe-errors.js';
import { cardEndingIn, cardOfToken, type TestCard } from './test-cards.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

export async function usablePaymentMethod(
  unit: UnitOfWork,
  idOrToken: string,
  customer: string | null,
): Promise<Stripe.PaymentMethod> {
  const card = cardOfToken(idOrToken);
  if (card !== undefined) return unit.save(freshPaymentMethod(card, unit.now));
  const method = await unit.find('payment_method', idOrToken);
  if (method === undefined) throw noSuch('PaymentMethod', idOrToken, 'payment_method');
  if (method.customer === null || method.customer === customer) return method;
  throw invalidRequest(`The PaymentMethod ${method.id} belongs to another Customer.`, { param: 'payment_method' });
}

export function attachmentDecline(method: Stripe.PaymentMethod): Decline | undefined {
  return cardEndingIn(method.card?.last4)?.attaching;
}

export function chargeBehaviour(method: Stripe.PaymentMethod): TestCard['charging'] {
  return cardEndingIn(method.card?.last4)?.charging;
}

export function attachTo(unit: UnitOfWork, method: Stripe.PaymentMethod, customer: string): Stripe.PaymentMethod {
  return method.customer === customer ? method : unit.save({ ...method, customer });
}

export async function attachPaymentMethod(
  unit: UnitOfWork,
  parameters: Parameters,
  id: string,
): Promise<Stripe.PaymentMethod> {
  parameters.requiredText('customer');
  const customer = await namedCustomer(unit, parameters);
  await unit.lock('payment_method', id);
  const method = await usablePaymentMethod(unit, id, customer);
  const decline = attachmentDecline(method);
  if (decline !== undefined) throw cardDeclined(decline, { payment_method: method });
  return customer === null ? method : attachTo(unit, method, customer);
}

function freshPaymentMethod(card: TestCard, now: number): Stripe.PaymentMethod {
  return {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: 2050,
      fingerprint: `sandbox${card.last4}`,
      funding: 'credit',
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}
