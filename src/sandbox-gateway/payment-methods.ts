/**
 * Decides which payment method a request means and whether it may be attached: a `pm_card_*` token becomes a fresh
 * payment method each time it is used, and one that belongs to a customer serves no other. Never charges.
 */
import type Stripe from 'stripe';
import { namedCustomer } from './customers.js';
import type { Parameters } from './parameters.js';
import { cardDeclined, invalidRequest, noSuch } from './stripe-errors.js';
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
  if (method.customer === null && (await unit.isDetached(method.id))) throw invalidRequest(DETACHED);
  if (method.customer === null || method.customer === customer) return method;
  throw invalidRequest(notOf(method.id, customer), { param: 'payment_method' });
}

// Without a code, as Stripe has both.
const DETACHED =
  'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected ' +
  'account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod ' +
  'multiple times, you must attach it to a Customer first.';

function notOf(id: string, customer: string | null): string {
  return `The PaymentMethod ${id} does not belong to the Customer you supplied ${customer}. Please use this PaymentMethod with the Customer that it belongs to instead.`;
}

export function attachmentBehaviour(method: Stripe.PaymentMethod): TestCard['attaching'] {
  return cardEndingIn(method.card?.last4)?.attaching;
}

export function refundBehaviour(method: Stripe.PaymentMethod): TestCard['refunding'] {
  return cardEndingIn(method.card?.last4)?.refunding;
}

export function afterCharge(method: Stripe.PaymentMethod): TestCard['afterCharge'] {
  return cardEndingIn(method.card?.last4)?.afterCharge;
}

export function chargeBehaviour(method: Stripe.PaymentMethod): TestCard['charging'] {
  return cardEndingIn(method.card?.last4)?.charging;
}

export function attachTo(unit: UnitOfWork, method: Stripe.PaymentMethod, customer: string): Stripe.PaymentMethod {
  if (method.customer === customer) return method;
  const attached = unit.save({ ...method, customer });
  unit.emit('payment_method.attached', attached);
  return attached;
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
  const behaviour = attachmentBehaviour(method);
  if (typeof behaviour === 'object') throw cardDeclined(behaviour, { payment_method: method });
  return customer === null ? method : attachTo(unit, method, customer);
}

/** For good: it can neither be charged nor attached again. */
export async function detachPaymentMethod(unit: UnitOfWork, _: Parameters, id: string): Promise<Stripe.PaymentMethod> {
  const method = await unit.lock('payment_method', id);
  if (method === undefined) throw noSuch('PaymentMethod', id);
  if (method.customer === null) {
    throw invalidRequest('The payment method you provided is not attached to a customer so detachment is impossible.');
  }
  const detached = unit.save({ ...method, customer: null });
  unit.detach(id);
  unit.emit('payment_method.detached', detached);
  return detached;
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
