/** Where the sandbox refuses, keeps and delays as Stripe does: parameters, limits, amounts, keys, lists, and what comes later. */
import Stripe from 'stripe';
import { createSandboxGateway, type SandboxGateway } from '../../src/sandbox-gateway/sandbox-gateway.js';
import { createDatabase, dropDatabases } from '../support/database.js';

let gateway: SandboxGateway;
let stripe: Stripe;

beforeAll(async () => {
  const databaseUrl = await createDatabase('sandbox_no_kinder');
  gateway = await createSandboxGateway({ databaseUrl, port: 0, webhookSecret: 'whsec_kind' });
  const { hostname: host, port } = new URL(gateway.url);
  stripe = new Stripe('sk_test_kind', { host, port, protocol: 'http', maxNetworkRetries: 0 });
});
afterEach(() => door('PUT', 'faults', {}));
afterAll(async () => {
  await gateway.close();
  await dropDatabases();
});

async function door(method: 'PUT' | 'POST', path: string, body: object = {}): Promise<{ id: string }> {
  const answer = await fetch(`${gateway.url}/sandbox/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  return (await answer.json()) as { id: string };
}

async function refusal(act: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await act.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error('it was not refused');
}

const idOf = (named: string | { id: string } | null): string => (typeof named === 'string' ? named : (named?.id ?? ''));

const pay = (
  over: Partial<Stripe.PaymentIntentCreateParams> = {},
  options?: Stripe.RequestOptions,
): Promise<Stripe.PaymentIntent> =>
  stripe.paymentIntents.create(
    { amount: 4999, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, ...over },
    options,
  );

it.each<[what: string, over: object, error: object]>([
  ['an unknown parameter', { colour: 'red' }, { code: 'parameter_unknown', param: 'colour' }],
  ['too little', { amount: 49 }, { code: 'amount_too_small', param: 'amount' }],
  ['too much', { amount: 100_000_000 }, { code: 'amount_too_large', param: 'amount' }],
  ['three decimals between two steps', { amount: 15_001, currency: 'kwd' }, { param: 'amount' }],
  ['a part of a crown', { amount: 490_050, currency: 'isk' }, { param: 'amount' }],
  ['a currency it does not carry', { currency: 'iqd' }, { param: 'currency' }],
  ['metadata that is too long', { metadata: { reference: 'x'.repeat(501) } }, { param: 'metadata[reference]' }],
  ['a metadata key that is too long', { metadata: { ['k'.repeat(41)]: 'x' } }, { param: 'metadata' }],
  ['a customer it never heard of', { customer: 'cus_none' }, { code: 'resource_missing', param: 'customer' }],
  ['a method it never heard of', { payment_method: 'pm_none' }, { code: 'resource_missing', param: 'payment_method' }],
])('refuses %s, and the key stays free', async (what, over, error) => {
  const key = { idempotencyKey: what };
  expect(await refusal(pay(over, key))).toMatchObject({ statusCode: 400, rawType: 'invalid_request_error', ...error });
  expect(await pay({}, key)).toMatchObject({ status: 'succeeded' });
});

it('takes keys of 255 characters and no longer', async () => {
  expect(await pay({}, { idempotencyKey: 'k'.repeat(255) })).toMatchObject({ status: 'succeeded' });
  expect(await refusal(pay({}, { idempotencyKey: 'k'.repeat(256) }))).toMatchObject({ statusCode: 400 });
});

it.each([
  ['a bearer', 'Bearer sk_test_x', 200],
  ['a restricted key', 'Bearer rk_test_x', 200],
  ['Basic authentication', `Basic ${Buffer.from('sk_test_x:').toString('base64')}`, 200],
  ['a publishable key', 'Bearer pk_test_x', 401],
  ['nothing', '', 401],
])('lets %s in, or not', async (_, authorization, status) => {
  const answer = await fetch(`${gateway.url}/v1/charges`, { headers: { authorization } });
  expect(answer.status).toBe(status);
});

it('keeps a 500 under its key, and repeats it', async () => {
  await door('PUT', 'faults', { storedErrors: 1 });
  const key = { idempotencyKey: 'stored' };
  expect(await refusal(pay({}, key))).toMatchObject({ statusCode: 500, rawType: 'api_error' });
  await door('PUT', 'faults', {});
  const again = await refusal(pay({}, key));
  expect(again).toMatchObject({ statusCode: 500 });
  expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  expect(await pay({}, { idempotencyKey: 'another' })).toMatchObject({ status: 'succeeded' });
});

it('pages both ways, and refuses what its lists do not take', async () => {
  const { id: customer } = await stripe.customers.create({});
  const made = [];
  for (const amount of [101, 102, 103, 104]) made.push((await pay({ amount, customer })).id);
  const amounts = async (params: Stripe.PaymentIntentListParams): Promise<number[]> =>
    (await stripe.paymentIntents.list({ customer, ...params })).data.map(({ amount }) => amount);
  expect(await amounts({ limit: 2 })).toEqual([104, 103]);
  expect(await amounts({ limit: 2, starting_after: made[2]! })).toEqual([102, 101]);
  expect(await amounts({ limit: 2, ending_before: made[0]! })).toEqual([103, 102]);
  const both = stripe.paymentIntents.list({ starting_after: made[0]!, ending_before: made[1]! });
  expect(await refusal(both)).toMatchObject({ statusCode: 400 });
  expect(await refusal(stripe.paymentIntents.list({ limit: 101 }))).toMatchObject({ statusCode: 400 });
  expect(await refusal(stripe.refunds.list({ colour: 'red' } as never))).toMatchObject({ code: 'parameter_unknown' });
  expect(await refusal(stripe.paymentIntents.list({ customer: 'cus_none' }))).toMatchObject({
    code: 'resource_missing',
  });
  expect(
    (await stripe.events.list({ type: 'customer.created', limit: 100 })).data.every(
      ({ type }) => type === 'customer.created',
    ),
  ).toBe(true);
});

it('captures asynchronously unless it is asked otherwise: the balance is told of later', async () => {
  const later = await pay();
  const atOnce = await pay({ capture_method: 'automatic' });
  const events = (await stripe.events.list({ types: ['charge.succeeded', 'charge.updated'], limit: 3 })).data;
  const told = events.map(({ type, data }) => {
    const { payment_intent, balance_transaction } = data.object as Stripe.Charge;
    return [type, payment_intent === later.id, balance_transaction !== null];
  });
  expect(told).toEqual([
    ['charge.succeeded', false, true],
    ['charge.updated', true, true],
    ['charge.succeeded', true, false],
  ]);
  expect(atOnce.capture_method).toBe('automatic');
});

it('has payments that are under way until they are decided', async () => {
  await door('PUT', 'faults', { processingPayments: 2 });
  const [good, bad] = [await pay(), await pay()];
  expect(good).toMatchObject({ status: 'processing', amount_received: 0 });
  expect(await refusal(stripe.paymentIntents.cancel(good.id))).toMatchObject({
    code: 'payment_intent_unexpected_state',
  });
  await door('POST', `payment_intents/${good.id}/finish`, { succeed: true });
  await door('POST', `payment_intents/${bad.id}/finish`, { succeed: false });
  expect(await stripe.paymentIntents.retrieve(good.id)).toMatchObject({ status: 'succeeded', amount_received: 4999 });
  expect(await stripe.paymentIntents.retrieve(bad.id)).toMatchObject({ status: 'requires_payment_method' });
});

it('has refunds that stay pending, arrive, fail later and are canceled', async () => {
  const [slow, bounces] = [
    await pay({ payment_method: 'pm_card_pendingRefund' }),
    await pay({ payment_method: 'pm_card_refundFail' }),
  ];
  await door('PUT', 'clock', { now: '2026-03-01T10:00:00.000Z' });
  const pending = await stripe.refunds.create({ payment_intent: slow.id, amount: 1000 });
  const stopped = await stripe.refunds.create({ payment_intent: slow.id, amount: 500 });
  const fails = await stripe.refunds.create({ payment_intent: bounces.id });
  expect([pending.status, pending.pending_reason, fails.status]).toEqual(['pending', 'processing', 'succeeded']);
  expect(await stripe.refunds.cancel(stopped.id)).toMatchObject({
    status: 'canceled',
    failure_reason: 'merchant_request',
  });
  await door('PUT', 'clock', { now: '2026-03-02T11:00:00.000Z' });
  expect(await stripe.refunds.retrieve(pending.id)).toMatchObject({ status: 'succeeded' });
  expect(await stripe.refunds.retrieve(fails.id)).toMatchObject({
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
  });
  const tooMuch = await refusal(stripe.refunds.create({ payment_intent: slow.id, amount: 4000 }));
  expect([tooMuch.statusCode, tooMuch.code, tooMuch.param]).toEqual([400, undefined, 'amount']);
});

it('has several disputes of one payment, answered, and inquiries that escalate or end', async () => {
  const { id: paymentIntent } = await pay();
  const one = await door('POST', 'disputes', { paymentIntent, amount: 1000 });
  const other = await door('POST', 'disputes', { paymentIntent, amount: 500, inquiry: true });
  const third = await door('POST', 'disputes', { paymentIntent, amount: 100, inquiry: true });
  await door('POST', `disputes/${one.id}/answer`);
  await door('POST', `disputes/${other.id}/escalation`);
  await door('POST', `disputes/${third.id}/closing`, { status: 'warning_closed' });
  const { data } = await stripe.disputes.list({ payment_intent: paymentIntent });
  expect(data.map(({ status, balance_transactions: moved }) => [status, moved.length])).toEqual([
    ['warning_closed', 0],
    ['needs_response', 1],
    ['under_review', 1],
  ]);
});

it('knows no customer that was deleted, and no method that was detached', async () => {
  const { id: customer } = await stripe.customers.create({ name: 'one' });
  expect(await stripe.customers.update(customer, { name: 'two' })).toMatchObject({ name: 'two' });
  const setup = await stripe.setupIntents.create({ customer, payment_method: 'pm_card_visa', confirm: true });
  const method = idOf(setup.payment_method);
  await stripe.paymentMethods.detach(method);
  const detached = await refusal(pay({ customer, payment_method: method }));
  expect([detached.statusCode, detached.code]).toEqual([400, undefined]);
  expect(await stripe.customers.del(customer)).toEqual(expect.objectContaining({ id: customer, deleted: true }));
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true });
  expect(await refusal(pay({ customer }))).toMatchObject({ code: 'resource_missing', param: 'customer' });
  expect(await refusal(stripe.customers.del(customer))).toMatchObject({ statusCode: 404 });
});

it('asks the cardholder when a method is set up, and not again', async () => {
  const { id: customer } = await stripe.customers.create({});
  const params = { customer, payment_method: 'pm_card_authenticationRequiredOnSetup', confirm: true } as const;
  const [good, bad] = [await stripe.setupIntents.create(params), await stripe.setupIntents.create(params)];
  expect(good).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
  await door('POST', `setup_intents/${good.id}/authenticate`, { succeed: true });
  await door('POST', `setup_intents/${bad.id}/authenticate`, { succeed: false });
  const kept = await stripe.setupIntents.retrieve(good.id);
  expect(kept.status).toBe('succeeded');
  expect(await stripe.setupIntents.retrieve(bad.id)).toMatchObject({
    status: 'requires_payment_method',
    last_setup_error: { code: 'setup_intent_authentication_failure' },
  });
  const method = idOf(kept.payment_method);
  expect(await pay({ customer, payment_method: method, off_session: true })).toMatchObject({ status: 'succeeded' });
});

it.each([
  [
    'pm_card_chargeDeclinedLostCard',
    { code: 'card_declined', decline_code: 'lost_card', advice_code: 'do_not_try_again' },
  ],
  ['pm_card_visa_chargeDeclinedStolenCard', { decline_code: 'stolen_card', advice_code: 'do_not_try_again' }],
  ['pm_card_chargeDeclinedIncorrectCvc', { code: 'incorrect_cvc', advice_code: 'confirm_card_data' }],
  ['pm_card_chargeDeclinedInsufficientFunds', { decline_code: 'insufficient_funds', advice_code: 'try_again_later' }],
  ['pm_card_radarBlock', { code: 'card_declined', decline_code: 'fraudulent' }],
])('%s is declined with the advice that goes with it', async (payment_method, error) => {
  expect(await refusal(pay({ payment_method }))).toMatchObject({ statusCode: 402, rawType: 'card_error', ...error });
});
