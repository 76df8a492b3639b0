/**
 * The sandbox gateway seen by the official Stripe SDK: outcomes of the test cards, idempotency keys, faults, refunds,
 * webhooks, and that what it answered survives a restart.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { createSandboxGateway, type SandboxGateway } from '../../src/sandbox-gateway/sandbox-gateway.js';
import { createDatabase, dropDatabases } from '../support/database.js';

const SECRET = 'whsec_of_this_test';
const REPLAYED = 'idempotent-replayed';
const COMES_IN = ['capture', 'refund_failure', 'chargeback_reversal'];

let databaseUrl: string;
let gateway: SandboxGateway;
let stripe: Stripe;

async function open(): Promise<void> {
  gateway = await createSandboxGateway({ databaseUrl, port: 0, webhookSecret: SECRET });
  const { hostname: host, port } = new URL(gateway.url);
  stripe = new Stripe('sk_test_sandbox', { host, port, protocol: 'http', maxNetworkRetries: 0 });
}

beforeAll(async () => {
  databaseUrl = await createDatabase('sandbox_gateway');
  await open();
});

afterEach(() => putFaults({}));

afterAll(async () => {
  await gateway.close();
  await dropDatabases();
});

async function sandbox(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const headers = { 'Content-Type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(`${gateway.url}/sandbox${path}`, init);
  return { status: answer.status, body: await answer.json() };
}

async function putFaults(faults: object): Promise<void> {
  expect(await sandbox('PUT', '/faults', faults)).toMatchObject({ status: 200 });
}

interface Movement {
  id: string;
  type: string;
  paymentIntent: string;
  amount: number;
  currency: string;
  reference: string | null;
}

async function movements(): Promise<Movement[]> {
  return ((await sandbox('GET', '/movements')).body as { data: Movement[] }).data;
}

async function failure(attempt: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw new Error(`expected a refusal by Stripe, not ${String(error)}`);
}

function charge(
  paymentMethod: string,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
  options: Stripe.RequestOptions = {},
): Promise<Stripe.Response<Stripe.PaymentIntent>> {
  const params = { amount: 4999, currency: 'eur', payment_method: paymentMethod, confirm: true, ...more };
  return stripe.paymentIntents.create(params, options);
}

function idOf(reference: string | { id: string } | null): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '');
}

async function keptMethod(token: string): Promise<{ customer: string; method: string }> {
  const customer = (await stripe.customers.create({ metadata: { user: 'u1' } })).id;
  const params = { customer, payment_method: token, confirm: true, usage: 'off_session' as const };
  const setup = await stripe.setupIntents.create(params);
  expect(setup.status).toBe('succeeded');
  return { customer, method: idOf(setup.payment_method) };
}

describe('test cards', () => {
  test.each([
    ['pm_card_visa', 'visa', '4242'],
    ['pm_card_mastercard', 'mastercard', '4444'],
  ])('%s is kept by a setup intent, charged off session and shown whole', async (token, brand, last4) => {
    const { customer, method } = await keptMethod(token);
    const listed = await stripe.paymentMethods.list({ customer, type: 'card' });
    expect(listed.data).toMatchObject([{ id: method, customer, card: { brand, last4 } }]);
    const intent = await charge(method, {
      customer,
      off_session: true,
      metadata: { reference: 'r1' },
      expand: ['latest_charge.balance_transaction', 'payment_method'],
    });
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 4999,
      customer,
      metadata: { reference: 'r1' },
      payment_method: { id: method, card: { brand, last4 } },
      // 4999 × 1.4 % = 69.986 → 70, and 25
      latest_charge: { captured: true, balance_transaction: { amount: 4999, fee: 95, net: 4904 } },
    });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: 'succeeded' });
  });

  test.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ])('%s neither attaches nor charges', async (token, code, decline_code) => {
    const { id: customer } = await stripe.customers.create({});
    const refusal = { statusCode: 402, type: 'StripeCardError', code, decline_code };
    const failedSetup = await failure(
      stripe.setupIntents.create({ customer, payment_method: token, confirm: true, usage: 'off_session' }),
    );
    expect(failedSetup).toMatchObject({ ...refusal, setup_intent: { status: 'requires_payment_method' } });
    expect(await failure(stripe.paymentMethods.attach(token, { customer }))).toMatchObject(refusal);
    const failedCharge = await failure(charge(token, { customer }));
    expect(failedCharge).toMatchObject({
      ...refusal,
      payment_intent: { status: 'requires_payment_method', last_payment_error: { code, decline_code } },
    });
    expect((await stripe.paymentMethods.list({ customer })).data).toEqual([]);
  });

  test('pm_card_chargeCustomerFail attaches and declines every charge; another method then pays the same intent', async () => {
    const { customer, method } = await keptMethod('pm_card_chargeCustomerFail');
    const error = await failure(charge(method, { customer, off_session: true }));
    expect(error).toMatchObject({ code: 'card_declined', decline_code: 'generic_decline' });
    const id = String(error.payment_intent?.id);
    const paid = await stripe.paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      setup_future_usage: 'off_session',
    });
    expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
    const kept = await stripe.paymentMethods.retrieve(idOf(paid.payment_method));
    expect(kept.customer).toBe(customer);
    const refusal = { statusCode: 400, code: 'payment_intent_unexpected_state', payment_intent: { id } };
    expect(await failure(stripe.paymentIntents.confirm(id))).toMatchObject(refusal);
    expect(await failure(stripe.paymentIntents.cancel(id))).toMatchObject(refusal);
  });

  test('pm_card_authenticationRequired waits on session, is declined off session, and either ends as the cardholder says', async () => {
    const { customer, method } = await keptMethod('pm_card_authenticationRequired');
    const waiting = await charge(method, { customer });
    expect(waiting).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    expect(waiting.client_secret).toContain(`${waiting.id}_secret_`);
    const declined = await failure(charge(method, { customer, off_session: true }));
    const refusal = { code: 'authentication_required', decline_code: 'authentication_required' };
    expect(declined).toMatchObject({
      statusCode: 402,
      ...refusal,
      payment_intent: { status: 'requires_payment_method', last_payment_error: refusal },
    });
    const offSession = String(declined.payment_intent?.id);
    const succeeded = await sandbox('POST', `/payment_intents/${offSession}/authenticate`, { succeed: true });
    expect(succeeded).toMatchObject({ status: 200, body: { status: 'succeeded', amount_received: 4999 } });
    const failed = await sandbox('POST', `/payment_intents/${waiting.id}/authenticate`, { succeed: false });
    expect(failed.body).toMatchObject({ status: 'requires_payment_method' });
    expect((await stripe.paymentIntents.cancel(waiting.id)).status).toBe('canceled');
    const captured = (await movements()).filter((one) => [offSession, waiting.id].includes(one.paymentIntent));
    expect(captured).toHaveLength(1);
  });
});

describe('refusals of the request', () => {
  test.each<[string, () => Promise<unknown>, object]>([
    ['unknown method', () => charge('pm_unknown'), { code: 'resource_missing', param: 'payment_method' }],
    ['unknown customer', () => charge('pm_card_visa', { customer: 'cus_x' }), { param: 'customer', statusCode: 400 }],
    ['no amount', () => charge('pm_card_visa', { amount: 0 }), { code: 'parameter_invalid_integer', param: 'amount' }],
    ['unknown currency', () => charge('pm_card_visa', { currency: 'zzz' }), { param: 'currency' }],
    ['unknown intent', () => stripe.paymentIntents.retrieve('pi_x'), { code: 'resource_missing', statusCode: 404 }],
    ['not expandable', () => charge('pm_card_visa', { expand: ['amount'] }), { param: 'expand' }],
  ])('%s', async (_name, attempt, refusal) => {
    const before = (await movements()).length;
    expect(await failure(attempt())).toMatchObject({ type: 'StripeInvalidRequestError', ...refusal });
    expect(await movements()).toHaveLength(before);
  });

  test('a method of one customer serves no other', async () => {
    const { method } = await keptMethod('pm_card_visa');
    const { id: other } = await stripe.customers.create({});
    expect(await failure(charge(method, { customer: other }))).toMatchObject({ param: 'payment_method' });
  });

  test('no key, no answer', async () => {
    const answer = await fetch(`${gateway.url}/v1/payment_intents`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
  });
});

describe('lists', () => {
  test('go newest first through all pages, by customer and by instant', async () => {
    const { customer, method } = await keptMethod('pm_card_visa');
    const made: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      made.unshift((await charge(method, { customer, off_session: true })).id);
    }
    const page = await stripe.paymentIntents.list({ customer, limit: 2 });
    expect(page).toMatchObject({ object: 'list', has_more: true, url: '/v1/payment_intents' });
    const all = await stripe.paymentIntents.list({ customer, limit: 2 }).autoPagingToArray({ limit: 100 });
    expect(all.map((intent) => intent.id)).toEqual(made);
    const created = all[0]?.created ?? 0;
    expect((await stripe.paymentIntents.list({ customer, created: { gte: created + 60 } })).data).toEqual([]);
    const transactions = stripe.balanceTransactions.list({ limit: 3, created: { lt: created + 60 } });
    expect(await transactions.autoPagingToArray({ limit: 5 })).toHaveLength(5);
  });
});

describe('idempotency keys', () => {
  test('twenty requests at once with one key capture once', async () => {
    const options = { idempotencyKey: 'at-once' };
    const more = { metadata: { reference: 'at-once' } };
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => charge('pm_card_visa', more, options)));
    const answered = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as Stripe.errors.StripeError] : []));
    expect(new Set(answered).size).toBe(1);
    expect(refused.every((error) => error.code === 'idempotency_key_in_use' && error.statusCode === 409)).toBe(true);
    const again = await charge('pm_card_visa', more, options);
    expect(again.id).toBe(answered[0]);
    expect(again.lastResponse.headers[REPLAYED]).toBe('true');
    expect((await movements()).filter((one) => one.reference === 'at-once')).toHaveLength(1);
  });

  test('a decline is replayed, other parameters are refused, and a refusal before the start leaves the key free', async () => {
    const options = { idempotencyKey: 'declined' };
    const first = await failure(charge('pm_card_chargeDeclined', {}, options));
    const second = await failure(charge('pm_card_chargeDeclined', {}, options));
    expect(second.payment_intent?.id).toBe(first.payment_intent?.id);
    expect(second.headers?.[REPLAYED]).toBe('true');
    expect(await failure(charge('pm_card_visa', {}, options))).toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
    });
    await failure(charge('pm_unknown', {}, { idempotencyKey: 'corrected' }));
    expect(await charge('pm_card_visa', {}, { idempotencyKey: 'corrected' })).toMatchObject({ status: 'succeeded' });
  });
});

describe('refunds', () => {
  test('never return more than was captured', async () => {
    const { id: payment_intent } = await charge('pm_card_visa', { amount: 1000 });
    const part = await stripe.refunds.create({ payment_intent, amount: 400, metadata: { reference: 'back' } });
    expect(part).toMatchObject({ status: 'succeeded', amount: 400, currency: 'eur' });
    expect(await failure(stripe.refunds.create({ payment_intent, amount: 601 }))).toMatchObject({ param: 'amount' });
    const atOnce = await Promise.allSettled(
      [1, 2, 3].map(() => stripe.refunds.create({ payment_intent, amount: 300 })),
    );
    expect(atOnce.filter((one) => one.status === 'fulfilled')).toHaveLength(2);
    const error = await failure(stripe.refunds.create({ payment_intent }));
    expect(error.code).toBe('charge_already_refunded');
    const refunds = await stripe.refunds.list({ payment_intent }).autoPagingToArray({ limit: 100 });
    expect(refunds.map((refund) => refund.amount)).toEqual([300, 300, 400]);
    expect(await stripe.charges.retrieve(idOf(part.charge))).toMatchObject({ amount_refunded: 1000, refunded: true });
  });

  test('need a capture and a positive amount', async () => {
    const open = await stripe.paymentIntents.create({ amount: 500, currency: 'eur', payment_method: 'pm_card_visa' });
    expect(open.status).toBe('requires_confirmation');
    expect(await failure(stripe.refunds.create({ payment_intent: open.id }))).toMatchObject({
      param: 'payment_intent',
    });
    const { id: payment_intent } = await stripe.paymentIntents.confirm(open.id);
    expect(await failure(stripe.refunds.create({ payment_intent, amount: 0 }))).toMatchObject({ param: 'amount' });
  });

  test('that are made to fail move no money', async () => {
    const { id: payment_intent } = await charge('pm_card_visa');
    await putFaults({ failRefunds: 1 });
    const failed = await stripe.refunds.create({ payment_intent });
    expect(failed).toMatchObject({ status: 'failed', failure_reason: 'unknown', balance_transaction: null });
    expect((await stripe.refunds.create({ payment_intent })).status).toBe('succeeded');
    expect((await movements()).filter((one) => one.paymentIntent === payment_intent)).toHaveLength(2);
  });

  test('come back when the bank sends them back, once and for good', async () => {
    const { id: payment_intent } = await charge('pm_card_visa');
    const { id } = await stripe.refunds.create({ payment_intent, metadata: { reference: 'to-and-fro' } });
    expect(await sandbox('POST', `/refunds/${id}/success`)).toMatchObject({ status: 400 });
    expect(await sandbox('POST', `/refunds/${id}/failure`)).toMatchObject({ body: { status: 'failed' } });
    expect(await sandbox('POST', `/refunds/${id}/failure`)).toMatchObject({ status: 400 });
    expect(await stripe.refunds.retrieve(id)).toMatchObject({ failure_reason: 'expired_or_canceled_card' });
    const { latest_charge } = await stripe.paymentIntents.retrieve(payment_intent, { expand: ['latest_charge'] });
    expect(latest_charge).toMatchObject({ amount_refunded: 0, refunded: false });
    // Its money is in the balance again: that is final.
    expect(await sandbox('POST', `/refunds/${id}/success`)).toMatchObject({ status: 400 });
    const moved = (await movements()).filter((one) => one.reference === 'to-and-fro');
    expect(moved.map(({ type }) => type)).toEqual(['refund', 'refund_failure']);
  });
});

describe('disputes', () => {
  const open = (body: object): ReturnType<typeof sandbox> => sandbox('POST', '/disputes', body);
  const close = (id: string, status: string): ReturnType<typeof sandbox> =>
    sandbox('POST', `/disputes/${id}/closing`, { status });

  test('take the money with a fee, are listed, and give it back when they are won', async () => {
    const { id: paymentIntent } = await charge('pm_card_visa');
    const { body } = await open({ paymentIntent, reason: 'duplicate' });
    const { id } = body as { id: string };
    expect(await stripe.disputes.retrieve(id, { expand: ['payment_intent'] })).toMatchObject({
      status: 'needs_response',
      amount: 4999,
      reason: 'duplicate',
      payment_intent: { id: paymentIntent },
      balance_transactions: [
        { type: 'adjustment', reporting_category: 'dispute', amount: -4999, fee: 1500, net: -6499 },
      ],
    });
    const listed = await stripe.disputes.list({ payment_intent: paymentIntent });
    expect(listed.data.map((one) => one.id)).toEqual([id]);
    expect((await close(id, 'won')).status).toBe(200);
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'won',
      balance_transactions: [{}, { reporting_category: 'dispute_reversal', amount: 4999, fee: 0, net: 4999 }],
    });
    expect((await close(id, 'lost')).status).toBe(400);
    const lines = (await fetch(`${gateway.url}/sandbox/settlement.csv`).then((one) => one.text())).split('\n');
    const own = lines.filter((line) => line.includes(id));
    expect(own[0]).toContain(`eur,-49.99,15.00,-64.99,dispute,${id}`);
    expect(own[1]).toContain(`eur,49.99,0.00,49.99,dispute_reversal,${id}`);
  });

  test('leave nothing to refund while they are open, and then what they did not take', async () => {
    const { id: payment_intent } = await charge('pm_card_visa');
    const { id } = (await open({ paymentIntent: payment_intent, amount: 1000 })).body as { id: string };
    expect((await failure(stripe.refunds.create({ payment_intent, amount: 1 }))).code).toBe('charge_disputed');
    await close(id, 'lost');
    expect(await stripe.refunds.create({ payment_intent })).toMatchObject({ amount: 3999 });
    expect((await failure(stripe.refunds.create({ payment_intent, amount: 1 }))).code).toBe('charge_disputed');
  });

  test('need a captured payment, no more than it, and one word at a time', async () => {
    const { id: paymentIntent } = await charge('pm_card_visa');
    expect(await open({ paymentIntent, amount: 5000 })).toMatchObject({ status: 400 });
    expect(await open({ paymentIntent, amount: 0 })).toMatchObject({ status: 422 });
    expect(await open({ paymentIntent: 'pi_nobody' })).toMatchObject({ status: 400 });
    expect(await open({})).toMatchObject({ status: 422 });
    const { id } = (await open({ paymentIntent })).body as { id: string };
    expect(await open({ paymentIntent })).toMatchObject({ status: 400 });
    expect(await close(id, 'undecided')).toMatchObject({ status: 422 });
    expect(await close('du_nobody', 'won')).toMatchObject({ status: 404 });
  });
});

describe('faults', () => {
  const inList = async (reference: string): Promise<number> =>
    (await movements()).filter((one) => one.reference === reference).length;

  test('captured, then silent: the capture is there and the same key tells it', async () => {
    await putFaults({ captureThenTimeout: 1, hangMs: 20 });
    const options = { idempotencyKey: 'lost-answer' };
    const more = { metadata: { reference: 'lost-answer' } };
    expect(await failure(charge('pm_card_visa', more, options))).toMatchObject({ type: 'StripeConnectionError' });
    expect(await inList('lost-answer')).toBe(1);
    const again = await charge('pm_card_visa', more, options);
    expect(again).toMatchObject({ status: 'succeeded' });
    expect(again.lastResponse.headers[REPLAYED]).toBe('true');
    expect(await inList('lost-answer')).toBe(1);
  });

  test.each([
    ['timeoutBeforeCapture', { type: 'StripeConnectionError' }],
    ['serverErrors', { type: 'StripeAPIError', statusCode: 500 }],
    ['rateLimit', { statusCode: 429 }],
    ['conflicts', { statusCode: 409, code: 'idempotency_key_in_use' }],
  ])('%s: nothing happened and the key is free', async (fault, refusal) => {
    await putFaults({ [fault]: 2 });
    const options = { idempotencyKey: fault };
    const more = { metadata: { reference: fault } };
    expect(await failure(charge('pm_card_visa', more, options))).toMatchObject(refusal);
    expect(await failure(charge('pm_card_visa', more, options))).toMatchObject(refusal);
    expect(await inList(fault)).toBe(0);
    const captured = await charge('pm_card_visa', more, options);
    expect(captured.lastResponse.headers[REPLAYED]).toBeUndefined();
    expect(await inList(fault)).toBe(1);
  });

  test('garbage and wrong amounts are told, the truth is kept', async () => {
    await putFaults({ garbage: 1 });
    const more = { metadata: { reference: 'garbage' } };
    expect(await failure(charge('pm_card_visa', more))).toMatchObject({ type: 'StripeAPIError' });
    expect(await inList('garbage')).toBe(1);
    await putFaults({ wrongAmount: 1 });
    const wrong = await charge('pm_card_visa');
    expect(wrong.amount_received).toBe(5000);
    expect((await stripe.paymentIntents.retrieve(wrong.id)).amount_received).toBe(4999);
  });

  test('rates and `true` go on until switched off', async () => {
    await putFaults({ serverErrorRate: 1 });
    for (let number = 0; number < 3; number += 1) {
      expect(await failure(charge('pm_card_visa'))).toMatchObject({ statusCode: 500 });
    }
    await putFaults({ timeoutBeforeCapture: true });
    const { id: customer } = await stripe.customers.create({});
    const setup = stripe.setupIntents.create({ customer, payment_method: 'pm_card_visa', confirm: true });
    expect(await failure(setup)).toMatchObject({ type: 'StripeConnectionError' });
    expect((await sandbox('GET', '/faults')).body).toMatchObject({ timeoutBeforeCapture: true, serverErrorRate: 0 });
    await putFaults({});
    expect((await charge('pm_card_visa')).status).toBe('succeeded');
  });

  test('what is unknown or of the wrong type is named', async () => {
    const answer = await sandbox('PUT', '/faults', { captureThenTimeout: -1, serverErrorRate: 2, typo: 1 });
    expect(answer).toEqual({
      status: 422,
      body: {
        error:
          'captureThenTimeout must be a count or a boolean; serverErrorRate must be a number from 0 to 1; typo is unknown',
      },
    });
    expect(await sandbox('PUT', '/clock', { now: 'soon' })).toMatchObject({ status: 422 });
  });
});

describe('webhooks', () => {
  interface Receiver {
    server: Server;
    url: string;
    bodies: string[];
    signatures: string[];
    received(count: number): Promise<Stripe.Event[]>;
  }

  async function receiver(answers: number[] = []): Promise<Receiver> {
    const bodies: string[] = [];
    const signatures: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(answers.shift() ?? 200).end();
        bodies.push(Buffer.concat(chunks).toString());
        signatures.push(String(request.headers['stripe-signature']));
        server.emit('received');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const received = async (count: number): Promise<Stripe.Event[]> => {
      while (bodies.length < count) await once(server, 'received');
      return bodies.map((body, index) => stripe.webhooks.constructEvent(body, signatures[index] ?? '', SECRET));
    };
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, signatures, received };
  }

  async function stop({ server }: Receiver): Promise<void> {
    gateway.setWebhookUrl(undefined);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  test('tell signed what was captured, declined and refunded, and nothing that came before they were wanted', async () => {
    await charge('pm_card_visa');
    const hook = await receiver();
    gateway.setWebhookUrl(hook.url);
    const paid = await charge('pm_card_visa');
    await failure(charge('pm_card_chargeDeclined'));
    await stripe.refunds.create({ payment_intent: paid.id });
    const events = await hook.received(6);
    expect(events.map((event) => event.type).sort()).toEqual([
      'charge.refunded',
      'charge.succeeded',
      'payment_intent.payment_failed',
      'payment_intent.succeeded',
      'refund.created',
      'refund.updated',
    ]);
    const told = events.find((event) => event.type === 'payment_intent.succeeded');
    expect(told?.data.object).toMatchObject({ id: paid.id, status: 'succeeded' });
    expect(await stripe.events.retrieve(String(told?.id))).toMatchObject({ type: 'payment_intent.succeeded' });
    expect(() => stripe.webhooks.constructEvent(`${hook.bodies[0]} `, hook.signatures[0] ?? '', SECRET)).toThrow();
    await stop(hook);
  });

  test('come again until they are taken, come twice when told to, and not at all when dropped', async () => {
    const hook = await receiver([500, 500]);
    gateway.setWebhookUrl(hook.url);
    await charge('pm_card_visa');
    const events = await hook.received(4);
    expect(new Set(events.map((event) => event.id)).size).toBe(2);
    await putFaults({ dropWebhooks: true });
    await charge('pm_card_visa');
    await putFaults({ duplicateWebhooks: true, webhookDelayMs: 50 });
    const { customer } = await stripe.paymentIntents.cancel(
      (await stripe.paymentIntents.create({ amount: 100, currency: 'eur' })).id,
    );
    expect(customer).toBeNull();
    const [first, second] = (await hook.received(6)).slice(4);
    expect([first?.type, second?.id]).toEqual(['payment_intent.canceled', first?.id]);
    await stop(hook);
  });
});

describe('what it knows', () => {
  test('survives a restart: money, keys, faults and business time', async () => {
    const options = { idempotencyKey: 'before-the-restart' };
    await sandbox('PUT', '/clock', { now: '2027-03-01T10:00:00.000Z' });
    const before = await charge('pm_card_visa', {}, options);
    expect(before.created).toBe(Date.parse('2027-03-01T10:00:00.000Z') / 1000);
    await putFaults({ rateLimit: 1 });
    await gateway.close();
    await open();
    expect(await failure(charge('pm_card_visa'))).toMatchObject({ statusCode: 429 });
    const again = await charge('pm_card_visa', {}, options);
    expect([again.id, again.lastResponse.headers[REPLAYED]]).toEqual([before.id, 'true']);
    expect(await charge('pm_card_visa')).toMatchObject({ created: before.created });
  });

  test('movements, balance transactions and the settlement report agree to the last minor unit', async () => {
    const yen = await charge('pm_card_visa', { amount: 5000, currency: 'jpy', description: 'Year, "VIP"' });
    await charge('pm_card_visa', { amount: 12_340, currency: 'kwd', metadata: { reference: 'dinar' } });
    await stripe.refunds.create({ payment_intent: yen.id, amount: 1200, metadata: { reference: 'yen-back' } });
    const all = await movements();
    const csv = await (await fetch(`${gateway.url}/sandbox/settlement.csv`)).text();
    const [header, ...lines] = csv.trimEnd().split('\n');
    expect(header).toBe(
      'balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,' +
        'description,customer_id,payment_intent_id,charge_id,payment_metadata[reference],refund_metadata[reference]',
    );
    const minor = (major = ''): number => Number(major.replace('.', ''));
    const cells = lines.map((line) => line.split(','));
    expect(cells.map((row) => [row[0], row[3]?.toUpperCase(), minor(row[4])])).toEqual(
      all.map((one) => [one.id, one.currency, COMES_IN.includes(one.type) ? one.amount : -one.amount]),
    );
    expect(cells.every((row) => minor(row[6]) === minor(row[4]) - minor(row[5]))).toBe(true);
    const transactions = await stripe.balanceTransactions.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    expect(transactions.map((one) => [one.id, one.amount, one.fee]).reverse()).toEqual(
      cells.map((row) => [row[0], minor(row[4]), minor(row[5])]),
    );
    // 12340 × 1.4 % = 172.76 → 173, and 250
    expect(lines.at(-2)).toMatch(
      /,2027-03-01 10:00:00,2027-03-03 10:00:00,kwd,12.340,0.423,11.917,charge,ch_.*,dinar,$/,
    );
    expect(lines.at(-1)).toContain('jpy,-1200,0,-1200,refund,re_');
    expect(lines.at(-1)).toContain('"REFUND FOR CHARGE (Year, ""VIP"")"');
    expect(await fetch(`${gateway.url}/sandbox/settlement.csv?from=2027-04-01`).then((one) => one.text())).toBe(
      `${header}\n`,
    );
  });

  test('movements come in pages, oldest first', async () => {
    const paged: Movement[] = [];
    for (let cursor: string | null = '0'; cursor !== null;) {
      const { body } = await sandbox('GET', `/movements?limit=7&cursor=${cursor}`);
      const page = body as { data: Movement[]; nextCursor: string | null };
      paged.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(await movements());
  });
});
