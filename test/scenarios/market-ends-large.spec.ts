/**
 * The end of a market (5.4) with its worker killed three times on the way, judged by the gateway's own record: each
 * member ended once, refunded once with the amount worked out here, told once, and the report equal to the minor unit.
 * `MARKET_MEMBERS=20000` runs it at full size (docs/OPERATIONS.md has what was measured).
 */
import { audit } from '../support/auditor.js';
import { copyMembers, copyOf } from '../support/many-members.js';
import { startProcess, type Process } from '../support/processes.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const MEMBERS = Number(process.env.MARKET_MEMBERS ?? 360);
const PATIENCE_MS = 240_000 + MEMBERS * 200;
const KILL_AT = [0.1, 0.4, 0.65];
const END = '2026-03-01T10:00:00.000Z';
const A_YEAR_BEFORE = '2025-03-01T10:00:00.000Z';

interface Model {
  userId: string;
  /** Of all members. */
  share: number;
  /** How many hours before the end a copy began: `n * 37 % hours`. */
  hours: number;
}

const OVERDUE: Model = { userId: 'overdue-model', share: 0.03, hours: 11 };
const TRIAL: Model = { userId: 'trial-model', share: 0.1, hours: 29 * 24 };
const PAID: Model = { userId: 'paid-model', share: 0.5, hours: 360 * 24 };
const KOREAN: Model = { userId: 'korean-model', share: 0.2, hours: 360 * 24 };
const EARLY: Model = { userId: 'early-model', share: 0.1, hours: 360 * 24 };
const GIFTED: Model = { userId: 'gifted-model', share: 0.07, hours: 360 * 24 };
const MODELS = [OVERDUE, TRIAL, PAID, KOREAN, EARLY, GIFTED];

interface Plan {
  status: string;
  totals: { entity: string; refund: { amount: number }; returned: { amount: number } }[];
  counts: { subscriptions: number; refunds: number };
  progress: { done: number; total: number };
}

/** What must go back of one payment at the gateway. */
interface Expected {
  amount: number;
  entity: string;
}

let service: Service;
afterAll(() => service.stop());

async function subscribe({ userId }: Model, change: object = {}): Promise<string> {
  const { status, body } = await service.api.subscribe(userId, { ...change });
  expect(status).toBe(201);
  return body.id;
}

/** One of each kind, made by the service itself; at the end the clock stands at the market's end. */
async function makeModels(): Promise<void> {
  const { api, database } = service;
  const overdue = await subscribe(OVERDUE);
  const declines = 'pm_card_chargeDeclinedInsufficientFunds';
  await database.query('update mandates set gateway_method_id = $2 where subscription_id = $1', [overdue, declines]);
  await api.clockTo(END);
  await subscribe(TRIAL, { startWith: 'trial' });
  await subscribe(PAID);
  await subscribe(KOREAN, { residenceCountry: 'KR' });
  const early = await subscribe(EARLY);
  expect((await api.call('POST', `/v1/subscriptions/${early}/early-renewal`, {})).status).toBe(201);
  const gifted = await subscribe(GIFTED);
  const price = { amount: 990, currency: 'EUR' };
  const accepted = await api.call('POST', `/v1/subscriptions/${gifted}/add-ons/gift_wrapping/acceptance`, { price });
  expect(accepted.status).toBe(201);
  await api.clockBy('PT0S');
}

/** The numbers of a model's copies; the model itself is one of the members. */
function numbersOf(model: Model): { from: number; to: number } {
  const before = MODELS.slice(0, MODELS.indexOf(model)).map(({ share }) => Math.round(share * MEMBERS));
  const from = before.reduce((sum, count) => sum + count, 1);
  return { from, to: from + Math.round(model.share * MEMBERS) - 2 };
}

/** By payment at the gateway, worked out by the days formula: paid × days left / 365, half up. */
async function expectedReturns(): Promise<Map<string, Expected>> {
  const { rows } = await service.database.query<{
    user_id: string;
    payment: string;
    purpose: string;
    amount: number;
    entity: string;
  }>(
    `select s.user_id, c.gateway_payment_id as payment, c.purpose, c.amount_minor::int as amount,
       (select string_agg(e->>'name', ' and ') from jsonb_array_elements(s.contracting_entities) e) as entity
     from charges c join subscriptions s on s.id = c.subscription_id
     where c.status = 'succeeded' and s.status = 'active' and s.user_id like '%-model'`,
  );
  const expected = new Map<string, Expected>();
  for (const model of MODELS) {
    const { from, to } = numbersOf(model);
    for (const { payment, purpose, amount, entity } of rows.filter(({ user_id: id }) => id === model.userId)) {
      const returned = (hoursEarlier: number): number => {
        const daysLeft = Math.ceil(365 - hoursEarlier / 24);
        return purpose === 'first' ? Math.floor((2 * amount * daysLeft + 365) / 730) : amount;
      };
      expected.set(payment, { amount: returned(0), entity });
      for (let n = from; n <= to; n += 1) {
        expected.set(copyOf(payment, n), { amount: returned((n * 37) % model.hours), entity });
      }
    }
  }
  return expected;
}

async function count(query: string): Promise<number> {
  const { rows } = await service.database.query<{ count: number }>(`select count(*)::int as count from ${query}`);
  return rows[0]?.count ?? -1;
}

function sumBy(rows: Iterable<Expected>): { entity: string; amount: number }[] {
  const sums = new Map<string, number>();
  for (const { entity, amount } of rows) sums.set(entity, (sums.get(entity) ?? 0) + amount);
  return [...sums].map(([entity, amount]) => ({ entity, amount })).sort((a, b) => (a.entity < b.entity ? -1 : 1));
}

/** However fast the machine is, a batch of fifty endings takes most of a second: a worker is killed in the middle of one. */
async function endSlowly(): Promise<void> {
  await service.database.query(`
    create function pause_shortly() returns trigger language plpgsql as $$
    begin
      perform pg_sleep(0.015);
      return new;
    end $$;
    create trigger endings_take_their_time before update on subscriptions for each row
      when (new.status = 'discontinued' and old.status <> 'discontinued') execute function pause_shortly()`);
}

it(
  `ends, refunds and tells each of ${MEMBERS} members once although the worker is killed three times`,
  async () => {
    service = await startService({ startAt: A_YEAR_BEFORE, worker: false });
    const { api, sandbox, config } = service;
    const { DATABASE_URL = '', STRIPE_API_BASE = '', STRIPE_WEBHOOK_SECRET } = config;
    const env = { DATABASE_URL, STRIPE_API_BASE, STRIPE_WEBHOOK_SECRET, TEST_CLOCK: 'on', TEST_CLOCK_START: END };
    const operations = async (method: string, path: string, subject: string, body?: object): Promise<Plan> => {
      const token = await api.token('operations', subject);
      return (await api.call<Plan>(method, `/v1/markets/ES/discontinuation${path}`, body, { token })).body;
    };
    const start = (): Promise<Process> => startProcess('worker', env, /worker ready/);
    let worker = await start();
    try {
      await makeModels();
      await endSlowly();
      await copyMembers(
        service,
        MODELS.map((model) => ({
          userId: model.userId,
          ...numbersOf(model),
          earlier: `make_interval(hours => n * 37 % ${model.hours})`,
        })),
      );
      const total = await count('subscriptions');
      const expected = await expectedReturns();
      const dryRun = await operations('POST', '', 'olga', { reason: 'the service ends in Spain', effectiveAt: END });
      expect(dryRun).toMatchObject({ counts: { subscriptions: total, refunds: expected.size } });
      await operations('POST', '/approvals', 'olga', {});
      await operations('POST', '/approvals', 'omar', {});
      const begunAt = performance.now();
      for (const part of KILL_AT) {
        const ended = 'subscriptions where ended_at is not null';
        await until(`${part} of the members`, async () => (await count(ended)) >= part * total, PATIENCE_MS);
        await worker.kill('SIGKILL');
        const { progress, status } = await operations('GET', '', 'olga');
        expect(status).toBe('running');
        expect(progress.done).toBeGreaterThanOrEqual(part * total);
        expect(progress).toMatchObject({ total });
        worker = await start();
      }
      await until('the end', async () => (await operations('GET', '', 'olga')).status === 'done', PATIENCE_MS);
      // Resolves when nothing is due any more: every refund is paid, every member told.
      const quiet = async (): Promise<boolean> => (await api.call('POST', '/test/clock', { to: END })).status === 200;
      await until('every refund', quiet, PATIENCE_MS);
      const seconds = (performance.now() - begunAt) / 1000;
      if (process.env.MARKET_MEMBERS !== undefined) {
        console.log(`${total} members in ${seconds.toFixed(0)} s: ${(total / seconds).toFixed(1)} a second`);
      }

      expect(await count(`subscriptions where status = 'discontinued'`)).toBe(total);
      for (const table of ['timeline_entries', 'outbox_events']) {
        const ends = `${table} where event = 'subscription.discontinued'`;
        expect(await count(ends)).toBe(total);
        expect(await count(`(select distinct subscription_id from ${ends}) once`)).toBe(total);
      }
      for (const kind of ['market_ending', 'market_ended']) {
        const told = `notices where kind = '${kind}' and status = 'due'`;
        expect(await count(told)).toBe(total);
        expect(await count(`(select distinct subscription_id from ${told}) once`)).toBe(total);
      }

      const returned = (await sandbox.movements()).filter(({ type }) => type === 'refund');
      expect(returned).toHaveLength(expected.size);
      const wrong = returned.filter(({ paymentIntent, amount }) => expected.get(paymentIntent)?.amount !== amount);
      expect(wrong).toEqual([]);
      expect(new Set(returned.map(({ paymentIntent }) => paymentIntent)).size).toBe(expected.size);

      const report = await operations('GET', '', 'olga');
      expect(report).toMatchObject({
        status: 'done',
        counts: { subscriptions: total, refunds: expected.size },
        progress: { done: total, total },
      });
      const byGateway = sumBy(
        returned.map(({ paymentIntent, amount }) => ({ entity: expected.get(paymentIntent)?.entity ?? '', amount })),
      );
      expect(report.totals.map(({ entity, refund: { amount } }) => ({ entity, amount }))).toEqual(byGateway);
      expect(report.totals.map(({ entity, returned: { amount } }) => ({ entity, amount }))).toEqual(byGateway);
      expect(dryRun.totals.map(({ entity, refund: { amount } }) => ({ entity, amount }))).toEqual(byGateway);
      expect(await audit(service.database, sandbox)).toEqual([]);
    } finally {
      await worker.kill('SIGKILL');
    }
  },
  2 * PATIENCE_MS,
);
