/**
 * A market ends (5.4): announced, approved by two, carried out at its date; what goes back is what the dry run said.
 * Many members and workers that are killed are in market-ends-large.spec.ts.
 */
import { audit } from '../support/auditor.js';
import type { Answer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

const EFFECTIVE = '2026-06-09T10:00:00.000Z';
let service: Service;
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

interface Money {
  amount: number;
  currency: string;
}

interface Plan {
  status: string;
  code?: string;
  effectiveAt: string;
  approvals: string[];
  counts: { subscriptions: number; refunds: number };
  totals: { entity: string; refund: Money; returned: Money }[];
  progress: { done: number; total: number };
}

const PATH = '/v1/markets/ES/discontinuation';
const operations = async (method: string, path: string, subject: string, body?: object): Promise<Answer<Plan>> =>
  service.api.call(method, path, body, { token: await service.api.token('operations', subject) });
const announce = (): Promise<Answer<Plan>> =>
  operations('POST', PATH, 'olga', { reason: 'the service ends in Spain', effectiveAt: EFFECTIVE });
const approve = (subject: string): Promise<Answer<Plan>> => operations('POST', `${PATH}/approvals`, subject, {});
const plan = async (): Promise<Plan> => (await operations('GET', PATH, 'olga')).body;
const refunded = async (id: string): Promise<string[]> =>
  (await service.api.refunds(id)).map(({ basis, amount, clause }) => `${basis} ${amount} ${clause}`).sort();
const acceptAddOn = async (id: string): Promise<void> => {
  const price = { amount: 990, currency: 'EUR' };
  const accepted = await service.api.call('POST', `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`, {
    price,
  });
  expect(accepted.status).toBe(201);
};

it('stops what is new at once, ends everything at its date, and returns what the dry run said', async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
  const { api, sandbox } = service;
  const paid = (await api.subscribe('paid')).body;
  await acceptAddOn(paid.id);
  const early = (await api.subscribe('early', { residenceCountry: 'KR' })).body;
  await api.call('POST', `/v1/subscriptions/${early.id}/early-renewal`, {});
  const elsewhere = (await api.subscribe('elsewhere', { country: 'FR' })).body;
  await api.clockTo('2026-05-20T10:00:00.000Z');
  const trial = (await api.subscribe('trial', { startWith: 'trial' })).body;
  const short = (await api.subscribe('short', { startWith: 'trial' })).body;
  expect(await announce()).toMatchObject({
    status: 201,
    body: {
      status: 'announced',
      counts: { subscriptions: 4, refunds: 4 },
      totals: [
        {
          entity: 'ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD. and AliExpress Korea Limited',
          refund: { amount: 8628, currency: 'EUR' },
        },
        {
          entity: 'Alibaba.com Singapore E-Commerce Private Limited',
          refund: { amount: 3629 + 990, currency: 'EUR' },
          returned: { amount: 0 },
        },
      ],
    },
  });
  expect(await announce()).toMatchObject({ status: 409 });
  expect(await api.subscribe('late')).toMatchObject({ status: 422, body: { code: 'market_not_open' } });
  expect((await approve('olga')).body).toMatchObject({ status: 'announced', approvals: ['olga'] });
  expect(await approve('olga')).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
  expect((await approve('omar')).body).toMatchObject({ status: 'approved' });
  await api.cancel(short.id);

  await api.clockTo('2026-06-09T09:59:59.999Z');
  expect(await api.subscription(paid.id)).toMatchObject({ status: 'active' });
  await api.clockTo(EFFECTIVE);
  expect(await api.subscription(paid.id)).toMatchObject({
    status: 'discontinued',
    endReason: 'market_discontinued',
    endedAt: EFFECTIVE,
  });
  expect(await api.subscription(trial.id)).toMatchObject({ status: 'discontinued' });
  expect(await api.subscription(elsewhere.id)).toMatchObject({ status: 'active' });
  expect(await refunded(paid.id)).toEqual(['full 990 5.4', 'pro_rata 3629 5.4']);
  expect(await refunded(early.id)).toEqual(['full 4999 5.4', 'pro_rata 3629 5.4']);
  expect(await plan()).toMatchObject({
    status: 'done',
    counts: { subscriptions: 3, refunds: 4 },
    totals: [
      { refund: { amount: 8628 }, returned: { amount: 8628 } },
      { refund: { amount: 4619 }, returned: { amount: 4619 } },
    ],
    progress: { done: 3, total: 3 },
  });
  const returned = (await sandbox.movements()).filter((movement) => movement.type === 'refund');
  expect(returned.reduce((sum, movement) => sum + movement.amount, 0)).toBe(8628 + 4619);
});

it('does nothing at its date without two approvals', async () => {
  service = await startService({ startAt: '2026-06-09T09:00:00.000Z' });
  const { id } = (await service.api.subscribe('paid')).body;
  await announce();
  await approve('olga');
  await service.api.clockTo(EFFECTIVE);
  expect(await service.api.subscription(id)).toMatchObject({ status: 'active' });
  await service.api.clockBy('P10D');
  const { totals } = await plan();
  const approved = (await approve('omar')).body;
  expect(approved).toMatchObject({ effectiveAt: '2026-06-19T10:00:00.000Z', totals });
  await service.api.clockBy('PT1S');
  expect(await service.api.subscription(id)).toMatchObject({ status: 'discontinued' });
  // 10 days and an hour are over: 4999 × 355 / 365 = 4862.04
  expect(await refunded(id)).toEqual(['pro_rata 4862 5.4']);
  expect(totals).toMatchObject([{ refund: { amount: 4862 } }]);
});

it('returns what the dry run said when the workers come days late, also for terms that have ended since', async () => {
  service = await startService({ startAt: '2025-06-10T10:00:00.000Z' });
  const { api, database } = service;
  const nextDay = (await api.subscribe('ends-next-day')).body;
  const follows = (await api.subscribe('next-term-follows')).body;
  const before = (await api.subscribe('ends-before', { startWith: 'trial' })).body;
  await api.call('POST', `/v1/subscriptions/${follows.id}/early-renewal`, {});
  await acceptAddOn(before.id);
  await api.autoRenewal(before.id, false);
  await api.clockTo('2026-05-01T10:00:00.000Z');
  const late = (await api.subscribe('late')).body;
  await announce();
  const dryRun = await plan();
  await approve('olga');
  await approve('omar');
  await api.clockTo('2026-06-09T09:59:59.999Z');
  await database.query(`update test_clock set now_at = '2026-06-12T10:00:00Z'`);
  await api.clockBy('PT0S');
  expect(await refunded(nextDay.id)).toEqual(['pro_rata 14 5.4']);
  expect(await refunded(follows.id)).toEqual(['full 4999 5.4', 'pro_rata 14 5.4']);
  // 39 days are over: 4999 × 326 / 365 = 4464.86
  expect(await refunded(late.id)).toEqual(['pro_rata 4465 5.4']);
  const report = await plan();
  expect(report).toMatchObject({ status: 'done', counts: dryRun.counts });
  expect(report.totals.map(({ refund }) => refund)).toEqual(dryRun.totals.map(({ refund }) => refund));
});

it('charges nothing overdue and expires what runs out once the end is announced; neither is in the totals', async () => {
  service = await startService({ startAt: '2025-06-01T10:00:00.000Z' });
  const { api, database, sandbox } = service;
  const overdue = (await api.subscribe('overdue')).body;
  await acceptAddOn(overdue.id);
  await database.query(
    `update mandates set gateway_method_id = 'pm_card_chargeDeclinedInsufficientFunds' where subscription_id = $1`,
    [overdue.id],
  );
  await api.clockTo('2025-06-05T10:00:00.000Z');
  const runsOut = (await api.subscribe('runs-out')).body;
  await acceptAddOn(runsOut.id);
  await api.clockTo('2026-06-01T10:00:00.000Z');
  expect(await api.subscription(overdue.id)).toMatchObject({ status: 'past_due' });
  await announce();
  expect(await plan()).toMatchObject({ counts: { subscriptions: 2, refunds: 0 }, totals: [] });
  await api.clockBy('P2D');
  const retried = await api.call('POST', `/v1/subscriptions/${overdue.id}/payment-retries`, {});
  expect(retried).toMatchObject({ status: 422, body: { code: 'market_not_open' } });
  expect((await api.paymentMethod(overdue.id, 'pm_card_visa')).body).toMatchObject({ status: 'past_due' });
  await api.clockTo('2026-06-08T10:00:00.000Z');
  expect(await api.subscription(overdue.id)).toMatchObject({ status: 'expired', endReason: 'payment_failed' });
  expect((await api.charges(overdue.id))[0]).toMatchObject({ attempts: [{ number: 1, status: 'failed' }] });
  expect(await api.subscription(runsOut.id)).toMatchObject({ status: 'expired', endReason: 'market_closed' });
  expect((await sandbox.movements()).map(({ type }) => type)).toEqual(Array(4).fill('capture'));
});

it('counts the add-on of a member who is still overdue at the date', async () => {
  service = await startService({ startAt: '2025-06-05T10:00:00.000Z' });
  const { api, database } = service;
  const { id } = (await api.subscribe('overdue')).body;
  await acceptAddOn(id);
  await database.query(`update mandates set gateway_method_id = 'pm_card_chargeDeclined' where subscription_id = $1`, [
    id,
  ]);
  await api.clockTo('2026-06-05T10:00:00.000Z');
  const { counts, totals } = (await announce()).body;
  expect({ counts, totals }).toMatchObject({ counts: { refunds: 1 }, totals: [{ refund: { amount: 990 } }] });
  await approve('olga');
  await approve('omar');
  await api.clockTo(EFFECTIVE);
  expect(await refunded(id)).toEqual(['full 990 5.4']);
  expect(await plan()).toMatchObject({ counts, totals: [{ refund: { amount: 990 } }] });
});
