/**
 * The declarations of all jobs, over rows of every kind: no row is handed to two jobs, and no due row is invisible to the
 * metrics and the test clock.
 */
import { randomBytes } from 'node:crypto';
import { Database } from '../../src/platform/database/database.js';
import { DueWork } from '../../src/platform/jobs/due-work.js';
import type { Job } from '../../src/platform/jobs/job.js';
import { JobRunner } from '../../src/platform/jobs/job-runner.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const START = '2026-03-01T10:00:00.000Z';
const MUCH_LATER = '2028-03-01T10:00:00.000Z';
let service: Service;
let jobs: readonly Job[];

const operations = { scope: 'operations' } as const;

/** Lives that leave work of many kinds behind; then nobody performs any more, and two years pass. */
beforeAll(async () => {
  const OUTGOING_WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`;
  service = await startService({
    startAt: START,
    config: {
      OUTGOING_WEBHOOK_URL: 'http://127.0.0.1:1/',
      OUTGOING_WEBHOOK_SECRET,
      SETTLEMENT_PULL_EVERY_HOURS: 24,
      LOG_LEVEL: 'silent',
    },
  });
  const { api, sandbox, app, database } = service;
  const refunded = (await api.subscribe('refunded', { paymentMethod: 'pm_card_refundFail' })).body;
  await api.cancel(refunded.id);
  await api.clockBy('P1D');
  const isThere = async (one: string): Promise<boolean> => (await database.query(`select from ${one}`)).rowCount === 1;
  await until('the refund has come back', () => isThere(`refunds where status = 'failed'`));
  await api.subscribe('trial', { startWith: 'trial' });
  await api.subscribe('unfinished', { paymentMethod: 'pm_card_authenticationRequired' }, { waitSeconds: 0 });
  const early = (await api.subscribe('early')).body;
  await api.call('POST', `/v1/subscriptions/${early.id}/early-renewal`, {});
  const disputed = (await api.subscribe('disputed')).body;
  await sandbox.dispute(disputed.id);
  await until('the dispute is booked', () => isThere('chargebacks'));
  await api.clockBy('PT1H');
  await app.get(JobRunner).beforeApplicationShutdown();
  const reason = 'the service ends';
  const effectiveAt = '2026-06-01T00:00:00.000Z';
  await api.call('POST', '/v1/markets/DE/discontinuation', { reason, effectiveAt }, operations);
  for (const subject of ['olga', 'omar']) {
    const token = await api.token('operations', subject);
    await api.call('POST', '/v1/markets/DE/discontinuation/approvals', {}, { token });
  }
  await api.subscribe('intended', {}, { waitSeconds: 0 });
  await database.query('update test_clock set now_at = $1', [MUCH_LATER]);
  jobs = app.get(DueWork).all;
});
afterAll(() => service.stop());

/** By its declaration alone, with no help of the code that claims. */
async function dueRows({ table, where, dueAt }: Job, at: string): Promise<string[]> {
  const due = dueAt === undefined ? 'true' : `${dueAt} <= $1::timestamptz`;
  const { rows } = await service.database.query<{ id: string }>(
    `select id::text as id from ${table} where (${where}) and ${due} and $1::text is not null`,
    [at],
  );
  return rows.map(({ id }) => id);
}

it('is declared over tables that can be claimed, and every such table has a job', async () => {
  const { rows } = await service.database.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'claimed_until' order by 1`,
  );
  expect([...new Set(jobs.map(({ table }) => table))].sort()).toEqual(rows.map(({ name }) => name));
});

it('is counted for metrics and the test clock exactly as declared, and next instants are found', async () => {
  const dueWork = service.app.get(DueWork);
  const counted = new Map((await dueWork.count(new Date(MUCH_LATER))).map(({ job, count }) => [job, count]));
  const kinds: string[] = [];
  for (const job of jobs) {
    const due = await dueRows(job, MUCH_LATER);
    expect([job.name, counted.get(job.name) ?? 0]).toEqual([job.name, due.length]);
    if (due.length > 0) kinds.push(job.name);
  }
  expect((await dueWork.dueJobs()).map(({ name }) => name)).toEqual(kinds);
  // The lives above left work for most jobs behind, or this test would look at nothing.
  expect(kinds.length).toBeGreaterThanOrEqual(12);
  const timed = jobs.filter(({ dueAt }) => dueAt !== undefined);
  const firsts: Date[] = [];
  for (const { table, where, dueAt } of timed) {
    const { rows } = await service.database.query<{ at: Date | null }>(
      `select min(${dueAt}) as at from ${table} where (${where}) and ${dueAt} > $1`,
      [START],
    );
    if (rows[0]?.at) firsts.push(rows[0].at);
  }
  const first = new Date(Math.min(...firsts.map((at) => at.getTime())));
  expect(await dueWork.nextAfter(new Date(START), new Date(MUCH_LATER))).toEqual(first);
});

it('hands each due row to one job', async () => {
  const dueWork = service.app.get(DueWork);
  const wanted = new Set<string>();
  for (const job of jobs) for (const id of await dueRows(job, MUCH_LATER)) wanted.add(`${job.table} ${id}`);
  await service.database.query('update gateway_requests set lease_until = null');
  const claimed: string[] = [];
  for (const job of jobs) for (const id of await dueWork.claim(job, 1000)) claimed.push(`${job.table} ${id}`);
  expect(new Set(claimed).size).toBe(claimed.length);
  expect([...claimed].sort()).toEqual([...wanted].sort());
  for (const job of jobs) expect(await dueWork.claim(job, 1000)).toEqual([]);
});

it('a row is still due as long as its declaration holds', async () => {
  const dueWork = service.app.get(DueWork);
  const { database } = service;
  const { rows } = await database.query<{ id: string; move: string }>(
    `select id, due_move as move from subscriptions where due_move = 'convert_trial' limit 1`,
  );
  const [{ id, move }] = rows as [{ id: string; move: string }];
  const still = (name: string, at: string): Promise<boolean> =>
    dueWork.isStillDue(service.app.get(Database).reader, name, id, new Date(at));
  expect(await still(move, MUCH_LATER)).toBe(true);
  expect(await still(move, START)).toBe(false);
  expect(await still('renew_term', MUCH_LATER)).toBe(false);
});
