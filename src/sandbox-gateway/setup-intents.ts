/**
 * Decides whether a card may be kept for later charges. A setup intent attaches its payment method, asks the cardholder, or
 * is refused with the card's decline; it never moves money.
 */
import type Stripe from 'stripe';
import { namedCustomer } from './customers.js';
import type { Parameters } from './parameters.js';
import { attachmentBehaviour, attachTo, usablePaymentMethod } from './payment-methods.js';
import { idOf } from './store.js';
import { cardDeclined, invalidRequest, noSuch, StripeFailure, type Decline } from './stripe-errors.js';
import { SETUP_AUTHENTICATION_FAILED } from './test-cards.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

export async function createSetupIntent(unit: UnitOfWork, parameters: Parameters): Promise<Stripe.SetupIntent> {
  const confirm = parameters.flag('confirm');
  const idOrToken = parameters.text('payment_method');
  if (confirm && idOrToken === undefined) {
    throw invalidRequest('You cannot confirm a SetupIntent without a payment method.', { param: 'payment_method' });
  }
  const customer = await namedCustomer(unit, parameters);
  const method = idOrToken === undefined ? undefined : await usablePaymentMethod(unit, idOrToken, customer);
  const intent = newSetupIntent(unit, parameters, customer, method);
  unit.emit('setup_intent.created', intent);
  return confirm && method !== undefined ? confirmed(unit, intent, method) : unit.save(intent);
}

export async function confirmSetupIntent(
  unit: UnitOfWork,
  parameters: Parameters,
  id: string,
): Promise<Stripe.SetupIntent> {
  const intent = await openSetupIntent(unit, id, 'confirm');
  const idOrToken = parameters.text('payment_method') ?? idOf(intent.payment_method);
  const method = await usablePaymentMethod(unit, idOrToken, customerOf(intent));
  return confirmed(unit, intent, method);
}

export async function cancelSetupIntent(unit: UnitOfWork, _: Parameters, id: string): Promise<Stripe.SetupIntent> {
  const intent = await openSetupIntent(unit, id, 'cancel');
  const canceled = unit.save<Stripe.SetupIntent>({ ...intent, status: 'canceled', next_action: null });
  unit.emit('setup_intent.canceled', canceled);
  return canceled;
}

/** The cardholder answers the bank that wanted them. */
export async function authenticateSetupIntent(
  unit: UnitOfWork,
  id: string,
  succeed: boolean,
): Promise<Stripe.SetupIntent> {
  const intent = await openSetupIntent(unit, id, 'authenticate');
  if (intent.status !== 'requires_action') throw unexpectedSetupState(intent, 'authenticate');
  const method = await usablePaymentMethod(unit, idOf(intent.payment_method), customerOf(intent));
  return succeed ? keep(unit, intent, method) : fail(unit, intent, method, SETUP_AUTHENTICATION_FAILED);
}

async function openSetupIntent(unit: UnitOfWork, id: string, verb: string): Promise<Stripe.SetupIntent> {
  const intent = await unit.lock('setup_intent', id);
  if (intent === undefined) throw noSuch('setupintent', id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedSetupState(intent, verb);
  return intent;
}

function unexpectedSetupState(intent: Stripe.SetupIntent, verb: string): StripeFailure {
  const message = `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`;
  const details = { code: 'setup_intent_unexpected_state', setup_intent: intent };
  return new StripeFailure(400, { type: 'invalid_request_error', message, ...details }, true);
}

function confirmed(unit: UnitOfWork, intent: Stripe.SetupIntent, method: Stripe.PaymentMethod): Stripe.SetupIntent {
  const behaviour = attachmentBehaviour(method);
  if (behaviour === undefined) return keep(unit, intent, method);
  if (behaviour === 'authenticate') return ask(unit, intent, method);
  const failed = fail(unit, intent, method, behaviour);
  throw cardDeclined(behaviour, { setup_intent: failed, payment_method: method });
}

function keep(unit: UnitOfWork, intent: Stripe.SetupIntent, method: Stripe.PaymentMethod): Stripe.SetupIntent {
  const customer = customerOf(intent);
  const attached = customer === null ? method : attachTo(unit, method, customer);
  const succeeded = unit.save<Stripe.SetupIntent>({
    ...intent,
    next_action: null,
    payment_method: attached.id,
    status: 'succeeded',
  });
  unit.emit('setup_intent.succeeded', succeeded);
  return succeeded;
}

function ask(unit: UnitOfWork, intent: Stripe.SetupIntent, method: Stripe.PaymentMethod): Stripe.SetupIntent {
  const stripe_js = `https://hooks.stripe.com/3d_secure/authenticate/${intent.id}`;
  const waiting = unit.save<Stripe.SetupIntent>({
    ...intent,
    next_action: { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js } },
    payment_method: method.id,
    status: 'requires_action',
  });
  unit.emit('setup_intent.requires_action', waiting);
  return waiting;
}

function fail(
  unit: UnitOfWork,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
): Stripe.SetupIntent {
  const failed = unit.save<Stripe.SetupIntent>({
    ...intent,
    last_setup_error: { type: 'card_error', ...decline, payment_method: method },
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  });
  unit.emit('setup_intent.setup_failed', failed);
  return failed;
}

function customerOf(intent: Stripe.SetupIntent): string | null {
  return typeof intent.customer === 'string' ? intent.customer : null;
}

function newSetupIntent(
  unit: UnitOfWork,
  parameters: Parameters,
  customer: string | null,
  method: Stripe.PaymentMethod | undefined,
): Stripe.SetupIntent {
  const id = newId('seti');
  return {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: newId(`${id}_secret`),
    created: unit.now,
    customer,
    customer_account: null,
    description: parameters.text('description') ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: parameters.metadata(),
    next_action: null,
    on_behalf_of: null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    usage: parameters.oneOf('usage', ['off_session', 'on_session']) ?? 'off_session',
  };
}
