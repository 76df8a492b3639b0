/**
 * A market ends (5.4): announced, approved by two, carried out at its date. Each membership ends once and is refunded
 * once although a worker is killed three times on the way, and the report equals the gateway's own record.
 */
import { audit } from '../support/auditor.js';
import type { Answer } from '../support/api-client.js';
import { startProcess, type Process } from '../support/processes.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const EFFECTIVE = '2026-06-09T10:00:00.000Z';
let service: Service;
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

interface Plan {
  status: string;
  code?: string;
  approvals: string[];
  counts: { subscriptions: number; refunds: number };
  totals: { entity: string; refund: { amount: number; currency: string } }[];
  progress: { done: number; total: number };
}

const PATH = '/v1/markets/ES/discontinuation';
const operations = async (method: string, path: string, subject: string, body?: object): Promise<Answer<Plan>> =>
  service.api.call(method, path, body, { token: await service.api.token('operations', subject) });
const announce = (): Promise<Answer<Plan>> =>
  operations('POST', PATH, 'olga', { reason: 'the service ends in Spain', effectiveAt: EFFECTIVE });
const approve = (subject: string): Promise<Answer<Plan>> => operations('POST', `${PATH}/approvals`, subject, {});
const plan = async (): Promise<Plan> => (await operations('GET', PATH, 'olga')).body;

it('stops what is new at once, ends everything at its date, and returns what the dry run said', async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
  const { api, sandbox } = service;
  const paid = (await api.subscribe('paid')).body;
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
      counts: { subscriptions: 4, refunds: 3 },
      totals: [
        {
          entity: 'ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD. and AliExpress Korea Limited',
          refund: { amount: 8628, currency: 'EUR' },
        },
        { entity: 'Alibaba.com Singapore E-Commerce Private Limited', refund: { amount: 3629, currency: 'EUR' } },
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
  expect(await api.refunds(paid.id)).toMatchObject([{ basis: 'pro_rata', clause: '5.4', amount: 3629 }]);
  expect((await api.refunds(early.id)).map((refund) => `${refund.basis} ${refund.amount}`).sort()).toEqual([
    'full 4999',
    'pro_rata 3629',
  ]);
  expect(await plan()).toMatchObject({
    status: 'done',
    counts: { subscriptions: 3, refunds: 3 },
    totals: [{ refund: { amount: 8628 } }, { refund: { amount: 3629 } }],
    progress: { done: 3, total: 3 },
  });
  const returned = (await sandbox.movements()).filter((movement) => movement.type === 'refund');
  expect(returned.reduce((sum, movement) => sum + movement.amount, 0)).toBe(8628 + 3629);
});

it('does nothing at its date without two approvals', async () => {
  service = await startService({ startAt: '2026-06-09T09:00:00.000Z' });
  const { id } = (await service.api.subscribe('paid')).body;
  await announce();
  await approve('olga');
  await service.api.clockTo(EFFECTIVE);
  expect(await service.api.subscription(id)).toMatchObject({ status: 'active' });
  await approve('omar');
  await service.api.clockBy('PT1S');
  expect(await service.api.subscription(id)).toMatchObject({ status: 'discontinued' });
});

it('ends and refunds each of 150 members once although its worker is killed three times', async () => {
  const MEMBERS = 150;
  const START = '2026-03-01T10:00:00.000Z';
  service = await startService({ startAt: START, worker: false });
  const { api, sandbox, config } = service;
  const { DATABASE_URL = '', STRIPE_API_BASE = '', STRIPE_WEBHOOK_SECRET } = config;
  const env = { DATABASE_URL, STRIPE_API_BASE, STRIPE_WEBHOOK_SECRET, TEST_CLOCK: 'on', TEST_CLOCK_START: START };
  const start = (): Promise<Process> => startProcess('worker', env, /worker ready/);
  let worker = await start();
  try {
    for (let index = 0; index < MEMBERS; index += 25) {
      await Promise.all(Array.from({ length: 25 }, (_, one) => api.subscribe(`member-${index + one}`)));
    }
    await announce();
    await approve('olga');
    await approve('omar');
    const dryRun = await plan();
    await sandbox.faults({ latencyMs: 100 });
    const ended = api.clockTo(EFFECTIVE);
    for (const refunds of [10, 50, 100]) {
      await until(`${refunds} refunds`, async () => (await sandbox.movements()).length >= MEMBERS + refunds);
      await worker.kill('SIGKILL');
      worker = await start();
    }
    await ended;
    const movements = (await sandbox.movements()).filter((movement) => movement.type === 'refund');
    expect(movements).toHaveLength(MEMBERS);
    const report = await plan();
    expect(report).toMatchObject({
      status: 'done',
      progress: { done: MEMBERS, total: MEMBERS },
      totals: dryRun.totals,
    });
    expect(report.totals[0]?.refund.amount).toBe(movements.reduce((sum, movement) => sum + movement.amount, 0));
  } finally {
    await worker.kill('SIGKILL');
  }
}, 120_000);
