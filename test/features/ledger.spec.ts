/** The books over HTTP: balances at any past instant, entries page by page, and months that are closed for good. */
import { randomUUID } from 'node:crypto';
import { audit } from '../support/auditor.js';
import type { Answer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const SINGAPORE = 'Alibaba.com Singapore E-Commerce Private Limited';
const ONE = 'AliExpress E-Commerce One Pte. Ltd.';
const FINANCE = { scope: 'finance' } as const;

interface Balance {
  asOf: string;
  books: {
    entity: string;
    currency: string;
    accounts: { account: string; debit: number; credit: number }[];
    debit: number;
    credit: number;
  }[];
}

interface Entry {
  transactionId: string;
  line: number;
  at: string;
  fact: string;
  entity: string;
  currency: string;
  account: string;
  debit: number;
  credit: number;
  subscriptionId: string | null;
}

interface Close {
  month: string;
  status: string;
  terms: number;
  entries: number;
  progress: { done: number; total: number };
  requestedBy: string;
  doneAt: string | null;
  code?: string;
}

let service: Service;
afterEach(() => service.stop());

const read = async <T>(path: string): Promise<T> => (await service.api.call<T>('GET', path, undefined, FINANCE)).body;
const trialBalance = (query = ''): Promise<Balance> => read(`/v1/ledger/trial-balance${query}`);
const pageOf = (query: string): Promise<{ data: Entry[]; nextCursor: string | null }> =>
  read(`/v1/ledger/entries?${query}`);
const close = (month: string, key: string = randomUUID()): Promise<Answer<Close>> =>
  service.api.call('POST', '/v1/ledger/month-closes', { month }, { ...FINANCE, key });
const closeOf = (month: string): Promise<Answer<Close>> =>
  service.api.call('GET', `/v1/ledger/month-closes/${month}`, undefined, FINANCE);

async function closed(month: string): Promise<Close> {
  await until(`the close of ${month}`, async () => (await closeOf(month)).body.status === 'done');
  return (await closeOf(month)).body;
}

/** Balance of each account, debit above zero, in one book. */
function balances({ books }: Balance, entity = SINGAPORE, currency = 'EUR'): Record<string, number> {
  const book = books.find((one) => one.entity === entity && one.currency === currency);
  return Object.fromEntries((book?.accounts ?? []).map(({ account, debit, credit }) => [account, debit - credit]));
}

async function allEntries(query = ''): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await pageOf(`limit=3${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(page.data.length).toBeLessThanOrEqual(3);
    entries.push(...page.data);
    cursor = page.nextCursor;
  }
  return entries;
}

describe('the trial balance', () => {
  it('shows the worked first fortnight at each instant, before and after', async () => {
    service = await startService();
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2026-03-15T23:00:00.000Z');
    await api.cancel(id);
    await api.clockTo('2026-04-01T00:00:00.000Z');

    expect(await trialBalance('?asOf=2026-03-01T09:59:59.999Z')).toEqual({
      asOf: '2026-03-01T09:59:59.999Z',
      books: [],
    });
    // 4999 at 21 %: 4131 net, 868 tax
    const captured = await trialBalance('?asOf=2026-03-01T10:00:00.000Z');
    expect(balances(captured)).toEqual({ deferred_revenue: -4131, gateway_receivable: 4999, tax_payable: -868 });
    expect(captured.books).toMatchObject([{ debit: 4999, credit: 4999 }]);
    expect(balances(await trialBalance('?asOf=2026-03-15T22:59:59.999Z'))).toEqual(balances(captured));
    // 351 of 365 days left: 4807 back with 835 tax; 4131 − 3973 earned, and 1 kept by rounding
    const canceled = {
      deferred_revenue: 0,
      gateway_receivable: 192,
      membership_revenue: -159,
      refunds_payable: 0,
      tax_payable: -33,
    };
    expect(balances(await trialBalance('?asOf=2026-03-15T23:00:00.000Z'))).toEqual(canceled);
    const now = await trialBalance();
    expect(now.asOf).toBe('2026-04-01T00:00:00.000Z');
    expect(balances(now)).toEqual(canceled);
    expect(await audit(service.database, service.sandbox)).toEqual([]);
  });

  it('keeps the books of each company and currency apart, and shows one of them on request', async () => {
    service = await startService();
    const { api } = service;
    await api.subscribe('m1');
    await api.subscribe('m2', { country: 'JP', residenceCountry: 'US' });
    await api.subscribe('m3', { country: 'JP', residenceCountry: 'JP' });
    await api.subscribe('m4', { residenceCountry: 'KR' });
    const korean = 'ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD. and AliExpress Korea Limited';

    const all = await trialBalance();
    const books = all.books.map(({ entity, currency }) => [entity, currency]);
    expect(books).toEqual([
      [korean, 'EUR'],
      [ONE, 'JPY'],
      [SINGAPORE, 'EUR'],
      [SINGAPORE, 'JPY'],
    ]);
    for (const { debit, credit } of all.books) expect(debit).toBe(credit);
    const only = async (query: string): Promise<unknown> =>
      (await trialBalance(query)).books.map(({ entity, currency }) => [entity, currency]);
    expect(await only(`?entity=${encodeURIComponent(SINGAPORE)}`)).toEqual(books.slice(2));
    expect(await only('?currency=JPY')).toEqual([books[1], books[3]]);
    expect(await only(`?currency=JPY&entity=${encodeURIComponent(ONE)}`)).toEqual([books[1]]);
    expect(await only('?entity=Nobody')).toEqual([]);
    expect(balances(all, SINGAPORE, 'JPY')).toEqual({
      deferred_revenue: -4455,
      gateway_receivable: 4900,
      tax_payable: -445,
    });
  });
});

describe('entries', () => {
  it('are paged newest first without losing or repeating one, also while more are posted', async () => {
    service = await startService();
    const { api } = service;
    const first = (await api.subscribe('m1')).body;
    await api.clockTo('2026-03-20T10:00:00.000Z');
    await api.cancel(first.id);
    const before = await allEntries();
    expect(before.map(({ fact }) => fact)).toEqual([
      ...['refund_paid', 'refund_paid'],
      ...['refund_owed', 'refund_owed', 'refund_owed'],
      ...['recognition', 'recognition'],
      ...['capture', 'capture', 'capture'],
    ]);
    expect(before.reduce((sum, { debit, credit }) => sum + debit - credit, 0)).toBe(0);
    for (const { debit, credit } of before) expect(Math.min(debit, credit)).toBe(0);

    const page = await pageOf('limit=5');
    await api.subscribe('m2');
    const rest = await pageOf(`limit=100&cursor=${page.nextCursor}`);
    expect([...page.data, ...rest.data]).toEqual(before);
    expect(rest.nextCursor).toBeNull();
  });

  it('are found by each filter and by all of them together', async () => {
    service = await startService();
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2026-03-20T10:00:00.000Z');
    await api.cancel(id);
    await api.subscribe('m2', { country: 'JP', residenceCountry: 'US' });
    const all = await allEntries();
    const cases: [query: string, fits: (entry: Entry) => boolean][] = [
      [`&entity=${encodeURIComponent(ONE)}`, ({ entity }) => entity === ONE],
      ['&currency=EUR', ({ currency }) => currency === 'EUR'],
      ['&account=tax_payable', ({ account }) => account === 'tax_payable'],
      [`&subscriptionId=${id}`, ({ subscriptionId }) => subscriptionId === id],
      ['&from=2026-03-20T10:00:00.000Z', ({ at }) => at >= '2026-03-20T10:00:00.000Z'],
      ['&to=2026-03-20T10:00:00.000Z', ({ at }) => at < '2026-03-20T10:00:00.000Z'],
      [
        `&account=tax_payable&subscriptionId=${id}&currency=EUR&from=2026-03-20T10:00:00.000Z`,
        ({ account, subscriptionId, at }) =>
          account === 'tax_payable' && subscriptionId === id && at >= '2026-03-20T10:00:00.000Z',
      ],
    ];
    for (const [query, fits] of cases) {
      const expected = all.filter(fits);
      expect({ query, some: expected.length > 0 && expected.length < all.length }).toMatchObject({ some: true });
      expect({ query, found: await allEntries(query) }).toEqual({ query, found: expected });
    }
    expect(await allEntries(`&subscriptionId=${randomUUID()}`)).toEqual([]);
  });

  it('refuse what is no filter', async () => {
    service = await startService({ worker: false });
    for (const path of [
      'trial-balance?asOf=yesterday',
      'trial-balance?currency=eur',
      'trial-balance?surprise=1',
      'trial-balance.csv?asOf=yesterday',
      'entries?account=cash',
      'entries?subscriptionId=7',
      'entries?from=2026-02-30',
      'entries?cursor=7',
      'entries?limit=0',
      'entries.csv?cursor=7',
      'entries.csv?limit=5',
    ]) {
      const { status, body } = await service.api.call('GET', `/v1/ledger/${path}`, undefined, FINANCE);
      expect({ path, status, code: body.code }).toEqual({ path, status: 422, code: 'validation_failed' });
    }
  });
});

describe('the close of a month', () => {
  it('recognises what each running term has earned by its end, once, whoever asks how often', async () => {
    service = await startService();
    const { api } = service;
    await api.subscribe('m1');
    await api.subscribe('m2', { country: 'JP', residenceCountry: 'JP' });
    await api.subscribe('trial', { startWith: 'trial' });
    await api.clockTo('2026-03-31T10:00:00.000Z');
    expect(await close('2026-03')).toMatchObject({ status: 409, body: { code: 'month_not_over' } });
    expect(await closeOf('2026-03')).toMatchObject({ status: 404, body: { code: 'not_found' } });

    await api.clockTo('2026-04-01T00:00:00.000Z');
    const key = randomUUID();
    const ordered = await close('2026-03', key);
    expect(ordered).toMatchObject({ status: 202, body: { month: '2026-03', requestedBy: 'tester' } });
    const done = await closed('2026-03');
    // The trial became a paid term on 31 March at 10:00: no day of it has passed.
    expect(done).toMatchObject({ terms: 2, entries: 4, progress: { done: 3, total: 3 } });
    // 4131 − round(4131 × 335 / 365), and 4455 − round(4455 × 335 / 365)
    const at = '?asOf=2026-03-31T23:59:59.999Z';
    expect(balances(await trialBalance(at))).toMatchObject({ membership_revenue: -340 });
    expect(balances(await trialBalance(at), SINGAPORE, 'JPY')).toMatchObject({ membership_revenue: -366 });
    expect(balances(await trialBalance('?asOf=2026-03-31T23:59:59.998Z'))).not.toHaveProperty('membership_revenue');

    const replayed = await close('2026-03', key);
    expect(replayed).toMatchObject({ status: 202, body: ordered.body });
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(await close('2026-03')).toMatchObject({ status: 202, body: done });
    expect(await close('2026-02', key)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect((await allEntries()).filter(({ fact }) => fact === 'recognition')).toHaveLength(4);
    expect(await audit(service.database, service.sandbox)).toEqual([]);
  });

  it('closes every earlier month that is still open first, each with its own part', async () => {
    service = await startService();
    const { api } = service;
    await api.subscribe('m1');
    await api.clockTo('2026-06-10T00:00:00.000Z');
    expect((await close('2026-05')).status).toBe(202);
    expect(await closed('2026-05')).toMatchObject({ terms: 1, entries: 2, progress: { done: 1, total: 1 } });
    const { rows } = await service.database.query<{ month: string; amount: number }>(
      `select to_char(at, 'YYYY-MM') as month, amount_minor as amount from ledger_entries
       where fact = 'recognition' and account = 'deferred_revenue' order by at`,
    );
    // 30, 60 and 91 of 365 days of 4131: 340, 679, 1030
    expect(rows).toEqual([
      { month: '2026-03', amount: 340 },
      { month: '2026-04', amount: 339 },
      { month: '2026-05', amount: 351 },
    ]);
    expect((await closed('2026-03')).doneAt! <= (await closed('2026-04')).doneAt!).toBe(true);
  });

  it('leaves a month before the first one closed as it is, and blocks nobody', async () => {
    service = await startService();
    const { api } = service;
    await api.clockTo('2026-06-01T00:00:00.000Z');
    await api.subscribe('m1');
    await api.clockTo('2026-08-01T00:00:00.000Z');
    await close('2026-06');
    await closed('2026-06');
    expect((await close('2026-02')).status).toBe(202);
    expect(await closed('2026-02')).toMatchObject({ terms: 0, entries: 0 });
    // Long before there was anything: itself, and no month after it.
    expect((await close('2001-01')).status).toBe(202);
    await closed('2001-01');
    await close('2026-07');
    expect(await closed('2026-07')).toMatchObject({ terms: 1 });
    const { rows } = await service.database.query('select month from month_closes order by month');
    expect(rows.map(({ month }: { month: string }) => month)).toEqual(['2001-01', '2026-02', '2026-06', '2026-07']);
  });

  it('earns nothing before the fee was captured, whenever the month is closed', async () => {
    service = await startService({ startAt: '2025-01-30T10:00:00.000Z' });
    const { api, database } = service;
    const { id } = (await api.subscribe('m1')).body;
    const declines = 'pm_card_chargeDeclinedInsufficientFunds';
    await database.query('update mandates set gateway_method_id = $2 where subscription_id = $1', [id, declines]);
    await api.clockTo('2026-02-03T10:00:00.000Z');
    // Paid in the grace: the term began on 30 January, the money came on 3 February.
    expect((await api.paymentMethod(id, 'pm_card_visa')).body).toMatchObject({
      currentTerm: { number: 2, startsAt: '2026-01-30T10:00:00.000Z' },
    });
    await api.clockTo('2026-03-10T10:00:00.000Z');
    await close('2026-02');
    await closed('2026-02');
    const january = balances(await trialBalance('?asOf=2026-01-31'));
    expect(january).toMatchObject({ deferred_revenue: 0, membership_revenue: -4131 });
    // 29 of 365 days of 4131 net have passed by the end of February.
    expect(balances(await trialBalance('?asOf=2026-02'))).toMatchObject({
      deferred_revenue: 328 - 4131,
      membership_revenue: -4131 - 328,
    });
    expect(await audit(service.database, service.sandbox)).toEqual([]);
  });

  it('earns a whole fee over the months to the minor unit, and the fee is done', async () => {
    service = await startService();
    const { api, database } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.autoRenewal(id, false);
    await api.clockTo('2027-05-01T00:00:00.000Z');
    await close('2027-04');
    expect(await closed('2027-04')).toMatchObject({ terms: 0, progress: { done: 0, total: 0 } });
    // Its last day ends on 1 March.
    expect(await closed('2027-03')).toMatchObject({ terms: 1, progress: { done: 1, total: 1 } });
    expect(balances(await trialBalance())).toEqual({
      deferred_revenue: 0,
      gateway_receivable: 4999,
      membership_revenue: -4131,
      tax_payable: -868,
    });
    const { rows } = await database.query('select status, recognised_minor::int as earned from deferred_fees');
    expect(rows).toEqual([{ status: 'earned', earned: 4131 }]);
    expect((await allEntries()).filter(({ fact }) => fact === 'recognition')).toHaveLength(26);
  });

  it('is refused for what is no month', async () => {
    service = await startService({ worker: false });
    for (const month of ['0000-01', '1900-01', '2026-13', '2026-3', 'march', '', 202603]) {
      const { status, body } = await close(month as string);
      expect({ month, status, code: body.code }).toEqual({ month, status: 422, code: 'validation_failed' });
    }
    expect((await closeOf('march')).status).toBe(422);
  });
});

describe('the database', () => {
  const insert = async (at: string, amounts: [account: string, minor: number][], fact = 'write_off'): Promise<void> => {
    const client = await service.database.connect();
    try {
      await client.query('begin');
      const id = randomUUID();
      await client.query(
        'insert into ledger_transactions (id, fact, subject_id, occurrence, at) values ($1, $2, $1, 1, $3)',
        [id, fact, at],
      );
      for (const [index, [account, minor]] of amounts.entries()) {
        await client.query(
          `insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor)
           values ($1, $2, $3, $4, 'E', 'EUR', $5, $6)`,
          [id, index + 1, at, fact, account, minor],
        );
      }
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };

  it('takes nothing into a closed month, neither by hand nor by the service', async () => {
    service = await startService();
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2026-04-01T00:00:00.000Z');
    await close('2026-03');
    await closed('2026-03');
    const before = await trialBalance('?asOf=2026-03-31T23:59:59.999Z');
    await expect(insert('2026-03-31T23:59:59.999Z', [['bank', 5]], 'recognition')).rejects.toThrow('is closed');
    const { database } = service;
    const more = `insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor)
      select id, 100 + n, at, fact, 'E', 'EUR', 'bank', 5 - 10 * (n - 1) from ledger_transactions, generate_series(1, 2) n
      where fact = 'capture'`;
    await expect(database.query(more)).rejects.toThrow('is closed');
    await expect(database.query('delete from month_closes')).rejects.toThrow('is final');
    await expect(database.query(`update month_closes set status = 'running', done_at = null`)).rejects.toThrow('final');
    await api.clockTo('2026-04-10T10:00:00.000Z');
    await api.cancel(id);
    expect((await trialBalance('?asOf=2026-03-31T23:59:59.999Z')).books).toEqual(before.books);
    expect(await audit(service.database, service.sandbox)).toEqual([]);
  });

  it('lets only what was earned into a month that closes', async () => {
    service = await startService({ worker: false });
    await service.database.query(`update test_clock set now_at = '2026-04-01T00:00:00Z'`);
    expect((await close('2026-03')).body.status).toBe('running');
    await expect(insert('2026-03-31T23:59:59.999Z', [['bank', 5]])).rejects.toThrow('is closed');
    await expect(insert('2026-04-01T00:00:00.000Z', [['bank', 5]])).rejects.toThrow('sum to zero');
  });

  it('refuses what does not balance, an empty transaction, and a fact posted twice', async () => {
    service = await startService({ worker: false });
    const at = '2026-03-01T10:00:00.000Z';
    await expect(insert(at, [['bank', 5]])).rejects.toThrow('sum to zero');
    await expect(insert(at, [])).rejects.toThrow('has no entries');
    const { database } = service;
    const both = `with t as (
        insert into ledger_transactions (id, fact, subject_id, occurrence, at) values ($1, 'write_off', $2, 1, $3))
      insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor)
      select $1, n, $3, 'write_off', 'E', 'EUR', 'bank', 5 - 10 * (n - 1) from generate_series(1, 2) n`;
    const subject = randomUUID();
    await database.query(both, [randomUUID(), subject, at]);
    await expect(database.query(both, [randomUUID(), subject, at])).rejects.toThrow('duplicate key');
    const alone = `insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor)
      values ($1, 1, $2, 'write_off', 'E', 'EUR', 'bank', 5), ($1, 2, $2, 'write_off', 'E', 'EUR', 'bank', -5)`;
    await expect(database.query(alone, [randomUUID(), at])).rejects.toThrow('of their transaction');
  });

  it('never alters or forgets an entry', async () => {
    service = await startService();
    await service.api.subscribe('m1');
    for (const table of ['ledger_entries', 'ledger_transactions']) {
      for (const statement of [`update ${table} set at = at`, `delete from ${table}`, `truncate ${table} cascade`]) {
        await expect(service.database.query(statement)).rejects.toThrow('append only');
      }
    }
    expect(await allEntries()).toHaveLength(3);
  });
});
