/**
 * Decides which moves a payment intent may make: create, confirm, cancel, and the cardholder's authentication. What was
 * captured stays captured: nothing here leaves `succeeded` or `canceled`.
 */
import type Stripe from 'stripe';
import { isCurrency, requireChargeable } from './amounts.js';
import { capture, charge, failCharge } from './charging.js';
import { namedCustomer } from './customers.js';
import type { Parameters } from './parameters.js';
import { usablePaymentMethod } from './payment-methods.js';
import { idOf } from './store.js';
import { invalidRequest, noSuch, unexpectedState } from './stripe-errors.js';
import { AUTHENTICATION_FAILED, DECLINED_LATER } from './test-cards.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

export async function createPaymentIntent(unit: UnitOfWork, parameters: Parameters): Promise<Stripe.PaymentIntent> {
  parameters.requiredText('amount');
  const confirm = parameters.flag('confirm');
  if (!confirm && parameters.isTrue('off_session')) {
    throw invalidRequest('off_session can only be used with confirm=true.', { param: 'off_session' });
  }
  const currency = parameters.requiredText('currency').toLowerCase();
  if (!isCurrency(currency)) throw invalidRequest(`Invalid currency: ${currency}.`, { param: 'currency' });
  requireChargeable(parameters.count('amount') ?? 0, currency);
  const intent = newPaymentIntent(unit, parameters, currency, await namedCustomer(unit, parameters));
  unit.emit('payment_intent.created', intent);
  if (confirm) return confirmed(unit, parameters, intent);
  const idOrToken = parameters.text('payment_method');
  if (idOrToken === undefined) return unit.save(intent);
  const method = await usablePaymentMethod(unit, idOrToken, customerOf(intent));
  return unit.save<Stripe.PaymentIntent>({ ...intent, payment_method: method.id, status: 'requires_confirmation' });
}

export async function confirmPaymentIntent(
  unit: UnitOfWork,
  parameters: Parameters,
  id: string,
): Promise<Stripe.PaymentIntent> {
  const intent = await openPaymentIntent(unit, id, 'confirm');
  if (intent.status === 'processing') throw unexpectedState(intent, 'confirm');
  const usage = parameters.oneOf('setup_future_usage', ['off_session', 'on_session']) ?? intent.setup_future_usage;
  return confirmed(unit, parameters, { ...intent, setup_future_usage: usage });
}

export async function cancelPaymentIntent(
  unit: UnitOfWork,
  parameters: Parameters,
  id: string,
): Promise<Stripe.PaymentIntent> {
  const intent = await openPaymentIntent(unit, id, 'cancel');
  if (intent.status === 'processing') throw unexpectedState(intent, 'cancel');
  const reasons = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
  const canceled = unit.save<Stripe.PaymentIntent>({
    ...intent,
    canceled_at: unit.now,
    cancellation_reason: parameters.oneOf('cancellation_reason', reasons) ?? null,
    next_action: null,
    status: 'canceled',
  });
  unit.emit('payment_intent.canceled', canceled);
  return canceled;
}

/** What was under way is decided. */
export async function finishPaymentIntent(
  unit: UnitOfWork,
  id: string,
  succeed: boolean,
): Promise<Stripe.PaymentIntent> {
  const intent = await openPaymentIntent(unit, id, 'finish');
  if (intent.status !== 'processing') throw unexpectedState(intent, 'finish');
  const method = await usablePaymentMethod(unit, idOf(intent.payment_method), customerOf(intent));
  return succeed ? capture(unit, intent, method) : failCharge(unit, intent, method, DECLINED_LATER);
}

/** The cardholder answers: a waiting intent, or one declined off session for want of authentication, ends either way. */
export async function authenticatePaymentIntent(
  unit: UnitOfWork,
  id: string,
  succeed: boolean,
): Promise<Stripe.PaymentIntent> {
  const intent = await openPaymentIntent(unit, id, 'authenticate');
  const declined = intent.last_payment_error?.code === 'authentication_required';
  if (intent.status !== 'requires_action' && !declined) throw unexpectedState(intent, 'authenticate');
  const methodId = declined ? intent.last_payment_error?.payment_method?.id : intent.payment_method;
  const method = await usablePaymentMethod(unit, idOf(methodId), customerOf(intent));
  return succeed ? capture(unit, intent, method) : failCharge(unit, intent, method, AUTHENTICATION_FAILED);
}

async function openPaymentIntent(unit: UnitOfWork, id: string, verb: string): Promise<Stripe.PaymentIntent> {
  const intent = await unit.lock('payment_intent', id);
  if (intent === undefined) throw noSuch('payment_intent', id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, verb);
  return intent;
}

async function confirmed(
  unit: UnitOfWork,
  parameters: Parameters,
  intent: Stripe.PaymentIntent,
): Promise<Stripe.PaymentIntent> {
  const kept = typeof intent.payment_method === 'string' ? intent.payment_method : undefined;
  const idOrToken = parameters.text('payment_method') ?? kept;
  if (idOrToken === undefined) {
    const message = 'You cannot confirm this PaymentIntent because it is missing a payment method.';
    throw invalidRequest(message, { code: 'payment_intent_unexpected_state', param: 'payment_method' });
  }
  const method = await usablePaymentMethod(unit, idOrToken, customerOf(intent));
  // `off_session` also takes `one_off` and `recurring`.
  const offSession = !['false', undefined].includes(parameters.text('off_session')?.toLowerCase());
  return charge(unit, intent, method, { offSession, returnUrl: parameters.text('return_url') });
}

function customerOf(intent: Stripe.PaymentIntent): string | null {
  return typeof intent.customer === 'string' ? intent.customer : null;
}

// Fields of Stripe's that nothing here gives a value.
const NEVER_SET = {
  allowed_payment_method_types: null,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: null,
  customer_account: null,
  excluded_payment_method_types: null,
  managed_payments: null,
  on_behalf_of: null,
  payment_method_configuration_details: null,
  payment_method_options: null,
  payment_record: null,
  processing: null,
  review: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_group: null,
};

function newPaymentIntent(
  unit: UnitOfWork,
  parameters: Parameters,
  currency: string,
  customer: string | null,
): Stripe.PaymentIntent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    ...NEVER_SET,
    amount: parameters.count('amount') ?? 0,
    amount_capturable: 0,
    amount_received: 0,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: parameters.oneOf('capture_method', ['automatic', 'automatic_async']) ?? 'automatic_async',
    client_secret: newId(`${id}_secret`),
    confirmation_method: 'automatic',
    created: unit.now,
    currency,
    customer,
    description: parameters.text('description') ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: parameters.metadata(),
    next_action: null,
    payment_method: null,
    payment_method_types: ['card'],
    receipt_email: parameters.text('receipt_email') ?? null,
    setup_future_usage: parameters.oneOf('setup_future_usage', ['off_session', 'on_session']) ?? null,
    status: 'requires_payment_method',
  };
}
