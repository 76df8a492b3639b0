/** News that comes late, twice, or not at all: payments that wait for the member, lost webhooks, changed minds. */
import Stripe from 'stripe';
import type { SubscriptionAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const TRIAL_END = '2026-03-31T10:00:00.000Z';
const TERM_END = '2027-03-01T10:00:00.000Z';
let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  await service.sandbox.faults({});
  await service.api.clockBy('P1D');
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  const { rows } = await service.database.query('select status from gateway_requests where decided_at is null');
  expect(rows).toEqual([]);
  await service.stop();
});

async function useMethod(token: string): Promise<void> {
  await service.database.query(`update mandates set gateway_method_id = $1 where status = 'valid'`, [token]);
}

/** Waits until the attempt is on its way, so that what follows meets it in flight. */
function inFlight(): Promise<void> {
  const submitted = `select 1 from gateway_requests where kind = 'charge' and status = 'submitted'`;
  return until('a charge in flight', async () => (await service.database.query(submitted)).rowCount === 1);
}

/** Has the gateway asked once more about what waits for the member. */
async function askNow(): Promise<void> {
  const due = `update gateway_requests set next_query_at = intended_at where status = 'waiting_for_member'`;
  await service.database.query(due);
  await service.api.clockBy('PT0S');
}

const secretOf = (subscription: SubscriptionAnswer): string => subscription.nextAction?.clientSecret ?? '';

it('finds an authenticated first payment although its webhook is lost', async () => {
  const { api, sandbox } = service;
  const { body } = await api.subscribe('m1', { paymentMethod: 'pm_card_authenticationRequired' });
  // However often it hears that the member has not come yet, it looks again soon.
  for (let heard = 0; heard < 3; heard += 1) await askNow();
  await sandbox.faults({ dropWebhooks: true });
  await sandbox.authenticate(secretOf(body), true);
  await api.clockBy('PT30M');
  expect(await api.subscription(body.id)).toMatchObject({ status: 'active', nextAction: null });
});

it('finds an authenticated renewal although its webhook is lost and the gateway was away', async () => {
  const { api, sandbox } = service;
  const { body } = await api.subscribe('m1');
  await useMethod('pm_card_authenticationRequired');
  await api.clockTo(TERM_END);
  await sandbox.faults({ dropWebhooks: true });
  await sandbox.authenticate(secretOf(await api.subscription(body.id)), true);
  await sandbox.faults({ unavailable: true });
  await api.clockBy('P1D');
  expect(await api.subscription(body.id)).toMatchObject({ status: 'past_due' });
  await sandbox.faults({ dropWebhooks: true });
  await api.clockBy('P1D');
  expect(await api.subscription(body.id)).toMatchObject({
    status: 'active',
    currentTerm: { number: 2, startsAt: TERM_END },
  });
});

it('leaves no declined payment that could still be confirmed: a charge is captured once', async () => {
  const { api, sandbox } = service;
  const { body } = await api.subscribe('m1');
  const method = body.paymentMethod.token;
  await useMethod('pm_card_authenticationRequired');
  await api.clockTo(TERM_END);
  const secret = secretOf(await api.subscription(body.id));
  await sandbox.authenticate(secret, false);
  await until('the first attempt fails', async () => (await api.charges(body.id))[0]?.attempts[0]?.status === 'failed');
  const { hostname: host, port } = new URL(sandbox.url);
  const stripe = new Stripe('sk_test_member', { host, port, protocol: 'http', maxNetworkRetries: 0 });
  const confirm = stripe.paymentIntents.confirm(secret.split('_secret')[0] ?? '', { payment_method: 'pm_card_visa' });
  await expect(confirm).rejects.toThrow(/canceled/);
  await useMethod(method);
  await api.clockBy('P1D');
  expect(await api.subscription(body.id)).toMatchObject({ status: 'active' });
  expect(await sandbox.movementsOf(body.id)).toHaveLength(2);
});

it('tries the method the member supplied while the old one was being declined', async () => {
  const { api, sandbox } = service;
  const { body } = await api.subscribe('m1', { startWith: 'trial' });
  await useMethod('pm_card_chargeDeclinedStolenCard');
  await sandbox.faults({ latencyMs: 700 });
  const conversion = api.clockTo(TRIAL_END);
  await inFlight();
  await sandbox.faults({});
  expect((await api.paymentMethod(body.id, 'pm_card_mastercard')).status).toBe(200);
  await conversion;
  expect(await api.subscription(body.id)).toMatchObject({ status: 'active', currentTerm: { kind: 'paid' } });
  expect((await api.charges(body.id))[0]?.attempts).toMatchObject([{ code: 'stolen_card' }, { status: 'succeeded' }]);
});

it('grants one trial to a user who asks for two at once, in two markets', async () => {
  const { api } = service;
  const answers = await Promise.all(
    ['ES', 'FR', 'DE', 'PL'].map((country) => api.subscribe('m1', { startWith: 'trial', country })),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.filter((answer) => answer.body.code === 'trial_not_available')).toHaveLength(3);
});

it('withdraws a payment that asks for a member who has canceled meanwhile', async () => {
  const { api, sandbox, database } = service;
  await sandbox.faults({ latencyMs: 700 });
  const subscribing = api.subscribe('m1', { paymentMethod: 'pm_card_authenticationRequired' });
  await inFlight();
  const { rows } = await database.query<{ id: string }>('select id from subscriptions');
  const id = rows[0]?.id ?? '';
  expect((await api.cancel(id, {}, { waitSeconds: 0 })).body).toMatchObject({ subscription: { status: 'canceled' } });
  await subscribing;
  await sandbox.faults({});
  await api.clockBy('PT1M');
  expect(await api.charges(id)).toMatchObject([{ status: 'failed', attempts: [{ code: 'withdrawn' }] }]);
});

it('makes a withdrawal that gets no answer a case, and finishes it when the gateway is back', async () => {
  const { api, sandbox } = service;
  const { body } = await api.subscribe('m1', { paymentMethod: 'pm_card_authenticationRequired' });
  await sandbox.faults({ unavailable: true });
  await api.cancel(body.id, {}, { waitSeconds: 0 });
  await api.clockBy('PT3H');
  const open = await api.call<{ data: { kind: string }[] }>('GET', '/v1/cases', undefined, { scope: 'operations' });
  expect(open.body.data).toMatchObject([{ kind: 'payment_undecided' }]);
  await sandbox.faults({});
  await api.clockBy('P1D');
  expect(await api.charges(body.id)).toMatchObject([{ status: 'failed' }]);
});
