/**
 * Finance closes a year (rules 12): members in six markets and four currencies live through it, every month is closed,
 * and at each month's end the books equal what this file computes from the terms and the gateway's record by itself.
 * `YEAR_MEMBERS=5000` for the long run; `YEAR_SEED` for other lives.
 */
import type { Answer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { spoil, type Discrepancy } from '../support/seeded-discrepancies.js';
import { startService, type Service } from '../support/service.js';
import { SimulatedYear } from '../support/simulated-year.js';
import { until } from '../support/until.js';

const MEMBERS = Number(process.env.YEAR_MEMBERS ?? 48);
const SEED = Number(process.env.YEAR_SEED ?? 2026);
/** Of eight kinds; a late line was missing first. */
const SEEDED_PER_KIND = Math.min(25, Math.floor(MEMBERS / 20));
const TAX: Record<string, bigint> = { ES: 2100n, FR: 2000n, DE: 1900n, GB: 2000n, JP: 1000n, KW: 0n };
const DAY = 86_400_000n;

let service: Service;
let year: SimulatedYear;

beforeAll(async () => {
  process.stdout.write(`a year of ${MEMBERS} members, seed ${SEED}\n`);
  service = await startService({ startAt: '2026-01-01T00:00:00.000Z' });
  year = new SimulatedYear(service, MEMBERS, SEED);
}, 60_000);
afterAll(() => service.stop());

interface Book {
  entity: string;
  currency: string;
  accounts: { account: string; debit: number; credit: number }[];
  debit: number;
  credit: number;
}

const finance = <T>(method: string, path: string, body?: object): Promise<Answer<T>> =>
  service.api.call<T>(method, path, body, { scope: 'finance' });

async function balances(asOf: string): Promise<Map<string, number>> {
  const { body } = await finance<{ books: Book[] }>('GET', `/v1/ledger/trial-balance?asOf=${asOf}`);
  for (const { debit, credit } of body.books) expect(debit).toBe(credit);
  return new Map(
    body.books.flatMap(({ entity, currency, accounts }) =>
      accounts.map((one) => [`${entity} ${currency} ${one.account}`, one.debit - one.credit] as const),
    ),
  );
}

/** Of one account, by book; what is zero is left out. */
function ofAccount(all: Map<string, number>, account: string): Record<string, number> {
  const found = [...all].filter(([key, amount]) => key.endsWith(` ${account}`) && amount !== 0);
  return Object.fromEntries(found.map(([key, amount]) => [key.slice(0, -account.length - 1), amount]).sort());
}

/** Rounded half up. */
function share(amount: bigint, part: bigint, whole: bigint): bigint {
  return (2n * amount * part + whole) / (2n * whole);
}

function sumUp(rows: [book: string, amount: bigint][]): Record<string, number> {
  const sums = new Map<string, bigint>();
  for (const [book, amount] of rows) sums.set(book, (sums.get(book) ?? 0n) + amount);
  const found = [...sums]
    .filter(([, amount]) => amount !== 0n)
    .map(([book, amount]) => [book, Number(amount)] as const);
  return Object.fromEntries(found.sort());
}

interface TermRow {
  book: string;
  country: string;
  price: string;
  starts_at: Date;
  ends_at: Date;
}

/** Σ over the terms still owed of net price × days left / days, by book, as a credit. */
async function deferredByTerms(at: Date): Promise<Record<string, number>> {
  const { rows } = await service.database.query<TermRow>(
    `select (select string_agg(e->>'name', ' and ') from jsonb_array_elements(s.contracting_entities) e)
         || ' ' || t.currency as book, s.country, t.price_minor as price, t.starts_at, t.ends_at
     from terms t join subscriptions s on s.id = t.subscription_id
     where t.kind = 'paid' and s.ended_at is null
       and not exists (select from chargebacks b where b.charge_id = t.charge_id and b.status = 'lost')`,
  );
  return sumUp(
    rows.map(({ book, country, price, starts_at, ends_at }) => {
      const gross = BigInt(price);
      const net = share(gross, 10_000n, 10_000n + (TAX[country] ?? 0n));
      const [start, end] = [BigInt(starts_at.getTime()), BigInt(ends_at.getTime())];
      const days = (end - start) / DAY;
      const ahead = end - BigInt(at.getTime());
      const left = ahead <= 0n ? 0n : (ahead + DAY - 1n) / DAY;
      return [book, -share(net, left > days ? days : left, days)];
    }),
  );
}

/** What the gateway holds for us by its own record, by currency. */
async function heldByGateway(): Promise<Record<string, number>> {
  const sign = { capture: 1n, refund: -1n, refund_failure: 1n, chargeback: -1n, chargeback_reversal: 1n };
  const movements = await service.sandbox.movements();
  return sumUp(movements.map(({ type, amount, currency }) => [currency, sign[type] * BigInt(amount)]));
}

async function closeMonth(month: string): Promise<{ terms: number; entries: number }> {
  const path = '/v1/ledger/month-closes';
  expect(await finance('POST', path, { month })).toMatchObject({ status: 202 });
  await until(
    'the month is done',
    async () => (await finance<{ status: string }>('GET', `${path}/${month}`)).body.status === 'done',
  );
  return (await finance<{ terms: number; entries: number }>('GET', `${path}/${month}`)).body;
}

const MONTHS = Array.from({ length: 12 }, (_, index) => `2026-${String(index + 1).padStart(2, '0')}`);

describe.each(MONTHS.map((month, index) => [month, index] as const))('%s', (month, index) => {
  it('is lived and closed, and the books equal the terms and the gateway', async () => {
    await year.month(index);
    const end = new Date(Date.UTC(2026, index + 1, 1));
    const close = await closeMonth(month);
    expect(close.terms).toBeGreaterThan(0);
    expect(close.entries).toBeGreaterThanOrEqual(2 * close.terms);
    const books = await balances(new Date(end.getTime() - 1).toISOString());
    expect(ofAccount(books, 'deferred_revenue')).toEqual(await deferredByTerms(end));
    const receivable = new Map<string, bigint>();
    for (const [key, amount] of Object.entries(ofAccount(books, 'gateway_receivable'))) {
      const currency = key.slice(-3);
      receivable.set(currency, (receivable.get(currency) ?? 0n) + BigInt(amount));
    }
    expect(sumUp([...receivable])).toEqual(await heldByGateway());
    expect(ofAccount(books, 'refunds_payable')).toEqual({});
  }, 600_000);
});

it('leaves nothing wrong in the records', async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
}, 120_000);

it('rolls deferred revenue forward from month to month without a gap', async () => {
  interface Row {
    month: string;
    entity: string;
    currency: string;
    opening: number;
    added: number;
    recognised: number;
    refunded: number;
    forfeited: number;
    closing: number;
    transferred?: number;
  }
  const path = '/v1/reports/deferred-revenue?from=2026-01&to=2026-12';
  const { rows } = (await finance<{ rows: Row[] }>('GET', path)).body;
  const last = new Map<string, number>();
  for (const row of rows) {
    const book = `${row.entity} ${row.currency}`;
    expect(row.opening).toBe(last.get(book) ?? 0);
    const { opening, added, recognised, refunded, forfeited, transferred = 0 } = row;
    expect(opening + added - recognised - refunded - forfeited + transferred).toBe(row.closing);
    last.set(book, row.closing);
  }
  const books = await balances('2026-12-31T23:59:59.999Z');
  const closing = Object.fromEntries([...last].filter(([, amount]) => amount !== 0).sort());
  const credits = Object.entries(ofAccount(books, 'deferred_revenue')).map(([book, amount]) => [book, -amount]);
  expect(closing).toEqual(Object.fromEntries(credits));
});

interface Settlement {
  id: string;
  status: string;
  lines: number;
  matched: number;
  breaks: number;
  bookedAt: string | null;
}

async function reconcile(file: string): Promise<Settlement> {
  const form = new FormData();
  form.append('file', new Blob([file], { type: 'text/csv' }), 'settlement.csv');
  const headers = { authorization: `Bearer ${await service.api.token('finance')}` };
  const response = await fetch(`${service.api.url}/v1/settlements?gateway=stripe`, {
    method: 'POST',
    headers,
    body: form,
  });
  const { id } = (await response.json()) as { id: string };
  const path = `/v1/settlements/${id}`;
  await until('the file is compared', async () => (await finance<Settlement>('GET', path)).body.status !== 'running');
  return (await finance<Settlement>('GET', path)).body;
}

async function breaksOf({ id }: Settlement): Promise<Discrepancy[]> {
  const found: Discrepancy[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const path = `/v1/settlements/${id}/breaks?limit=100${page}`;
    const { body } = await finance<{ data: Discrepancy[]; nextCursor: string | null }>('GET', path);
    found.push(...body.data);
    cursor = body.nextCursor;
  }
  return sorted(found);
}

function sorted(some: Discrepancy[]): Discrepancy[] {
  const named = some.map(({ kind, gatewayReference }) => ({ kind, gatewayReference }));
  return named.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const report = async (): Promise<string> => {
  const span = 'from=2026-01-01T00:00:00.000Z&to=2027-01-01T00:00:00.000Z';
  return (await fetch(`${service.sandbox.url}/sandbox/settlement.csv?${span}`)).text();
};

it('reconciles the year with the gateway without a break, and books it', async () => {
  const settlement = await reconcile(await report());
  expect(await breaksOf(settlement)).toEqual([]);
  expect(settlement).toMatchObject({ status: 'done', breaks: 0, matched: settlement.lines });
  expect(settlement.bookedAt).not.toBeNull();
  const books = await balances('2027-01-01T00:00:00.000Z');
  expect(ofAccount(books, 'gateway_receivable')).toEqual({});
}, 120_000);

it('reports exactly the discrepancies that were seeded', async () => {
  // As if the year had not been reconciled: the books already hold what was booked.
  await service.database.query('truncate settlements cascade');
  const { rows } = await service.database.query<{ reference: string }>(
    `select reference from gateway_requests where kind = 'charge' and status = 'failed' order by reference`,
  );
  const failed = rows.map(({ reference }) => reference);
  const { file, lateFile, expected, expectedLate } = spoil(await report(), SEEDED_PER_KIND, failed);
  process.stdout.write(`${expected.length} discrepancies\n`);
  expect(await breaksOf(await reconcile(file))).toEqual(sorted(expected));
  expect(await breaksOf(await reconcile(lateFile))).toEqual(sorted(expectedLate));
}, 120_000);
