/** Overdue payments: soft, hard and authentication declines, recoveries, and what becomes of those that never pay. */
import { Client } from 'pg';
import Stripe from 'stripe';
import { audit } from '../support/auditor.js';
import type { SubscriptionAnswer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const START = '2026-03-01T10:00:00.000Z';
const TERM_END = '2027-03-01T10:00:00.000Z';
let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: START });
});
afterEach(async () => {
  await service.sandbox.faults({});
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

/** A member whose stored method will decline at the renewal. */
async function memberWith(method: string): Promise<SubscriptionAnswer> {
  const { body } = await service.api.subscribe('m1');
  await service.database.query(
    `update mandates set gateway_method_id = $2 where subscription_id = $1 and status = 'valid'`,
    [body.id, method],
  );
  return body;
}

it('retries a soft decline after 12 h, 1, 2, 4 and 7 days, then expires; benefits last through the grace', async () => {
  const { api } = service;
  const { id } = await memberWith('pm_card_chargeDeclinedInsufficientFunds');
  await api.clockTo(TERM_END);
  expect(await api.subscription(id)).toMatchObject({
    status: 'past_due',
    nextChargeAt: '2027-03-01T22:00:00.000Z',
    benefitsUntil: '2027-03-08T10:00:00.000Z',
  });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true, reason: 'grace' });
  const retries = ['2027-03-02T10:00', '2027-03-03T10:00', '2027-03-05T10:00', '2027-03-08T10:00'];
  await api.clockTo('2027-03-01T22:00:00.000Z');
  for (const [index, retry] of retries.entries()) {
    expect((await api.subscription(id)).nextChargeAt).toBe(`${retry}:00.000Z`);
    expect((await api.charges(id))[0]?.attempts).toHaveLength(index + 2);
    await api.clockTo(`${retry}:00.000Z`);
  }
  expect(await api.subscription(id)).toMatchObject({
    status: 'expired',
    endReason: 'payment_failed',
    endedAt: '2027-03-08T10:00:00.000Z',
  });
  expect((await api.charges(id))[0]).toMatchObject({ status: 'failed' });
  expect((await api.charges(id))[0]?.attempts.map((attempt) => attempt.code)).toEqual(
    Array(6).fill('insufficient_funds'),
  );
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false });
});

it('recovers within the grace from the old end, without losing a day', async () => {
  const { api } = service;
  const { id } = await memberWith('pm_card_chargeDeclinedInsufficientFunds');
  await api.clockTo('2027-03-04T00:00:00.000Z');
  const { status, body } = await api.paymentMethod(id, 'pm_card_mastercard');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'active',
    paymentMethod: { brand: 'mastercard' },
    currentTerm: { number: 2, startsAt: TERM_END, endsAt: '2028-02-29T10:00:00.000Z' },
  });
  expect(await api.events(id)).toEqual([
    ...['subscription.requested', 'charge.opened', 'charge.succeeded', 'subscription.activated'],
    ...['notice.due', 'notice.due'],
    ...['charge.opened', 'charge.failed', 'subscription.past_due', 'notice.due'],
    ...['charge.opened', 'charge.failed', 'charge.opened', 'charge.failed', 'charge.opened', 'charge.failed'],
    ...[
      'payment_method.replaced',
      'charge.opened',
      'charge.succeeded',
      'subscription.recovered',
      'subscription.renewed',
    ],
  ]);
});

it('does not retry a hard decline, waits for another method, and gives up after seven days', async () => {
  const { api } = service;
  const { id } = await memberWith('pm_card_chargeDeclinedStolenCard');
  await api.clockTo('2027-03-08T09:59:59.999Z');
  expect(await api.subscription(id)).toMatchObject({ status: 'past_due', nextChargeAt: null });
  expect((await api.charges(id))[0]?.attempts).toMatchObject([{ status: 'failed', code: 'stolen_card' }]);
  await api.clockTo('2027-03-08T10:00:00.000Z');
  expect(await api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'payment_failed' });
});

it('starts a conversion paid late at the payment: a trial has no grace', async () => {
  const { api } = service;
  const { body: trial } = await api.subscribe('m1', {
    startWith: 'trial',
    paymentMethod: 'pm_card_chargeCustomerFail',
  });
  expect(trial.status).toBe('trialing');
  await api.clockTo('2026-04-01T08:00:00.000Z');
  expect(await api.subscription(trial.id)).toMatchObject({ status: 'past_due' });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false, reason: 'payment_failed' });
  expect((await api.paymentMethod(trial.id, 'pm_card_visa')).body).toMatchObject({
    status: 'active',
    currentTerm: { number: 2, startsAt: '2026-04-01T08:00:00.000Z' },
  });
});

it('asks the member to authenticate an off-session charge, and goes on when they do', async () => {
  const { api, sandbox } = service;
  const { body: trial } = await api.subscribe('m1', {
    startWith: 'trial',
    paymentMethod: 'pm_card_authenticationRequired',
  });
  await api.clockTo('2026-03-31T10:00:00.000Z');
  const waiting = await api.subscription(trial.id);
  expect(waiting).toMatchObject({ status: 'past_due', nextChargeAt: null, nextAction: { type: 'authenticate' } });
  expect((await api.charges(trial.id))[0]).toMatchObject({ status: 'pending', attempts: [{ status: 'pending' }] });
  await api.clockTo('2026-04-02T10:00:00.000Z');
  expect((await api.charges(trial.id))[0]?.attempts).toHaveLength(1);
  await sandbox.authenticate(waiting.nextAction?.clientSecret ?? '', true);
  await settled(trial.id, 'active');
  expect(await api.subscription(trial.id)).toMatchObject({
    nextAction: null,
    currentTerm: { startsAt: '2026-04-02T10:00:00.000Z' },
  });
});

it('takes an unauthenticated payment back before it tries another method', async () => {
  const { api, sandbox } = service;
  const { body: trial } = await api.subscribe('m1', {
    startWith: 'trial',
    paymentMethod: 'pm_card_authenticationRequired',
  });
  await api.clockTo('2026-03-31T10:00:00.000Z');
  expect((await api.paymentMethod(trial.id, 'pm_card_visa')).body).toMatchObject({
    status: 'active',
    nextAction: null,
  });
  expect((await api.charges(trial.id))[0]?.attempts).toMatchObject([
    { status: 'failed', code: 'withdrawn' },
    { status: 'succeeded' },
  ]);
  expect(await sandbox.movementsOf(trial.id)).toHaveLength(1);
});

it('holds a first payment that waits for the member, and abandons it after 23 hours', async () => {
  const { api } = service;
  const { status, body } = await api.subscribe('m1', { paymentMethod: 'pm_card_authenticationRequired' });
  expect(status).toBe(201);
  expect(body).toMatchObject({ status: 'pending_payment', currentTerm: null, nextAction: { type: 'authenticate' } });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false, reason: 'payment_pending' });
  expect(await api.subscribe('m1')).toMatchObject({ status: 409, body: { code: 'already_subscribed' } });
  await api.clockTo('2026-03-02T08:59:59.999Z');
  expect(await api.subscription(body.id)).toMatchObject({ status: 'pending_payment' });
  await api.clockTo('2026-03-02T09:00:00.000Z');
  expect(await api.subscription(body.id)).toMatchObject({
    status: 'abandoned',
    endReason: 'not_completed',
    nextAction: null,
  });
  expect((await api.charges(body.id))[0]).toMatchObject({ status: 'failed' });
  expect(await api.subscribe('m1', { startWith: 'trial' })).toMatchObject({
    status: 201,
    body: { previousSubscriptionId: null },
  });
});

it('activates a first payment once the member has authenticated it', async () => {
  const { api, sandbox } = service;
  const { body } = await api.subscribe('m1', { paymentMethod: 'pm_card_authenticationRequired' });
  await api.clockBy('PT1H');
  await sandbox.authenticate(body.nextAction?.clientSecret ?? '', true);
  await settled(body.id, 'active');
  expect(await api.subscription(body.id)).toMatchObject({ currentTerm: { startsAt: '2026-03-01T11:00:00.000Z' } });
});

it('ends a declined first payment at once, so that the member tries again', async () => {
  const { api } = service;
  const declined = await api.subscribe('m1', { paymentMethod: 'pm_card_chargeDeclined' });
  expect(declined).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
  const rejected = await api.subscribe('m1', { startWith: 'trial', paymentMethod: 'pm_card_chargeDeclined' });
  expect(rejected).toMatchObject({ status: 402, body: { code: 'payment_method_rejected', clause: '3.2.1' } });
  expect((await api.subscribe('m1', { startWith: 'trial' })).status).toBe(201);
});

it('keeps the method in use when the new one is refused', async () => {
  const { api } = service;
  const { body } = await api.subscribe('m1');
  expect(await api.paymentMethod(body.id, 'pm_card_chargeDeclined')).toMatchObject({
    status: 402,
    body: { code: 'payment_method_rejected' },
  });
  expect((await api.subscription(body.id)).paymentMethod).toMatchObject({ brand: 'visa' });
  await api.clockTo(TERM_END);
  expect(await api.subscription(body.id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
});

it('pays now when the member asks, and only then', async () => {
  const { api } = service;
  const { id } = await memberWith('pm_card_chargeDeclinedInsufficientFunds');
  const retry = (): Promise<{ status: number; body: Record<string, unknown> }> =>
    api.call('POST', `/v1/subscriptions/${id}/payment-retries`, {});
  expect(await retry()).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  await api.clockTo(TERM_END);
  expect(await retry()).toMatchObject({ status: 200, body: { status: 'past_due' } });
  expect((await api.charges(id))[0]?.attempts).toHaveLength(2);
});

/** What a webhook sets in motion; the webhook itself comes in machine time. */
function settled(id: string, status: string): Promise<void> {
  return until(`${id} becomes ${status}`, async () => (await service.api.subscription(id)).status === status);
}

it('takes what somebody canceled at the gateway for a decline that may work later', async () => {
  const { api, sandbox, sandboxDatabaseUrl } = service;
  const { body: trial } = await api.subscribe('m1', {
    startWith: 'trial',
    paymentMethod: 'pm_card_authenticationRequired',
  });
  await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
  await api.clockTo('2026-03-31T10:00:00.000Z');
  expect((await api.charges(trial.id))[0]).toMatchObject({ status: 'unknown' });
  await cancelAtGateway(sandbox.url, sandboxDatabaseUrl);
  await sandbox.faults({});
  await api.clockBy('PT1M');
  expect(await api.subscription(trial.id)).toMatchObject({
    status: 'past_due',
    nextChargeAt: '2026-03-31T22:00:02.000Z',
  });
  expect((await api.paymentMethod(trial.id, 'pm_card_visa')).body).toMatchObject({ status: 'active' });
});

/** As a person does in the gateway's own pages. */
async function cancelAtGateway(url: string, databaseUrl: string): Promise<void> {
  const theirs = new Client({ connectionString: databaseUrl });
  await theirs.connect();
  const { rows } = await theirs.query<{ id: string }>(`select id from objects where kind = 'payment_intent'`);
  await theirs.end();
  const { hostname: host, port } = new URL(url);
  await new Stripe('sk_test_sandbox', { host, port, protocol: 'http' }).paymentIntents.cancel(rows[0]?.id ?? '');
}
