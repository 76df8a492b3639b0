/**
 * Decides whether a card may be kept for later charges. A setup intent attaches its payment method or is refused with
 * the card's decline; it never moves money.
 */
import type Stripe from 'stripe';
import { namedCustomer } from './customers.js';
import type { Parameters } from './parameters.js';
import { attachmentDecline, attachTo, usablePaymentMethod } from './payment-methods.js';
import { cardDeclined, invalidRequest, noSuch, StripeFailure } from './stripe-errors.js';
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
  return confirm && method !== undefined ? confirmed(unit, intent, method, customer) : unit.save(intent);
}

function confirmed(
  unit: UnitOfWork,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  customer: string | null,
): Stripe.SetupIntent {
  const decline = attachmentDecline(method);
  if (decline === undefined) {
    const attached = customer === null ? method : attachTo(unit, method, customer);
    const succeeded = unit.save({ ...intent, payment_method: attached.id, status: 'succeeded' as const });
    unit.emit('setup_intent.succeeded', succeeded);
    return succeeded;
  }
  const failed = unit.save<Stripe.SetupIntent>({
    ...intent,
    last_setup_error: { type: 'card_error', ...decline, payment_method: method },
    payment_method: null,
    status: 'requires_payment_method',
  });
  unit.emit('setup_intent.setup_failed', failed);
  throw cardDeclined(decline, { setup_intent: failed, payment_method: method });
}

export async function cancelSetupIntent(unit: UnitOfWork, _: Parameters, id: string): Promise<Stripe.SetupIntent> {
  const intent = await unit.lock('setup_intent', id);
  if (intent === undefined) throw noSuch('setupintent', id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    const message = `You cannot cancel this SetupIntent because it has a status of ${intent.status}.`;
    const details = { code: 'setup_intent_unexpected_state', setup_intent: intent };
    throw new StripeFailure(400, { type: 'invalid_request_error', message, ...details }, true);
  }
  const canceled = unit.save<Stripe.SetupIntent>({ ...intent, status: 'canceled' });
  unit.emit('setup_intent.canceled', canceled);
  return canceled;
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
