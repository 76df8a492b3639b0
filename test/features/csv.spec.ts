/** Files: everything that JSON shows page by page, streamed whole, with formulas made harmless and nothing held on to. */
import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { parse } from 'papaparse';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const FINANCE = { scope: 'finance' } as const;
const MANY = 200_000;

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterAll(() => service.stop());

interface File {
  status: number;
  headers: Headers;
  text: string;
  rows: Record<string, string>[];
}

async function file(path: string): Promise<File> {
  const headers = { authorization: `Bearer ${await service.api.token('finance')}` };
  const answer = await fetch(service.api.url + path, { headers });
  const text = await answer.text();
  const { data } = parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
  return { status: answer.status, headers: answer.headers, text, rows: data };
}

/** A download whose body is not read. */
async function open(path: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${await service.api.token('finance')}` };
  const [response] = (await once(get(service.api.url + path, { headers }), 'response')) as [IncomingMessage];
  return response;
}

async function cursors(): Promise<number> {
  const { rows } = await service.database.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and query like 'fetch%from wanted'`,
  );
  return rows[0]?.count ?? 0;
}

it('has its header and its name also when there is nothing to tell', async () => {
  const columns = {
    '/v1/ledger/entries.csv':
      'transactionId,line,at,fact,clause,entity,currency,account,debit,credit,subscriptionId,termNumber',
    '/v1/ledger/trial-balance.csv': 'asOf,entity,currency,account,debit,credit',
    '/v1/refunds.csv':
      'id,createdAt,settledAt,country,subscriptionId,chargeId,amount,currency,basis,clause,status,ageDays,deadlineAt,overdue,attempts,retryAt,bouncedAt,paidOtherwiseAt,paidOtherwiseBy,paidOtherwiseReason,bankReference,formula,calculation',
    '/v1/reports/deferred-revenue.csv':
      'month,entity,currency,opening,added,recognised,refunded,forfeited,transferred,closing,chargedBack',
  };
  for (const [path, header] of Object.entries(columns)) {
    const { status, headers, text } = await file(path);
    expect({ path, status, text }).toEqual({ path, status: 200, text: `${header}\n` });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[a-z-]+\.csv"$/);
    expect(headers.get('cache-control')).toBe('no-store');
  }
});

it('says the same as JSON, filtered in the same way, with formulas made harmless', async () => {
  const { api, database } = service;
  const first = (await api.subscribe('m1')).body;
  const second = (await api.subscribe('m2', { country: 'JP', residenceCountry: 'JP' })).body;
  const company = '=HYPERLINK("http://example.com","a;b")';
  const transfer = { from: 'Alibaba.com Singapore E-Commerce Private Limited', to: company };
  const at = { effectiveAt: '2026-03-05T00:00:00.000Z' };
  await api.call('POST', '/v1/entity-transfers', { ...transfer, ...at }, { scope: 'operations' });
  await api.clockTo('2026-03-20T10:00:00.000Z');
  await api.cancel(first.id, { reason: '=cmd()' });
  await api.cancel(second.id);

  for (const query of ['', 'currency=JPY', `subscriptionId=${first.id}`, 'from=2026-03-20T10:00:00.000Z']) {
    const json = await api.call<{ data: Record<string, string | number | null>[] }>(
      'GET',
      `/v1/ledger/entries?limit=100&${query}`,
      undefined,
      FINANCE,
    );
    const { rows } = await file(`/v1/ledger/entries.csv?${query}`);
    expect(json.body.data.length).toBeGreaterThan(2);
    const told = json.body.data.map((entry) => {
      const shown: typeof entry = { ...entry, entity: harmless(String(entry['entity'])) };
      return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, String(value ?? '')]));
    });
    expect(rows).toEqual(told);
  }
  expect((await file('/v1/ledger/entries.csv')).text).toContain(`,"'=HYPERLINK(""http://example.com"",""a;b"")",EUR,`);
  expect(
    (await file('/v1/ledger/trial-balance.csv?currency=JPY')).rows.every(({ currency }) => currency === 'JPY'),
  ).toBe(true);
  const refunds = await database.query('select id from refunds order by id desc');
  expect((await file('/v1/refunds.csv')).rows.map(({ id }) => id)).toEqual(refunds.rows.map(({ id }) => id as string));
  expect((await file('/v1/refunds.csv?country=JP&status=succeeded&from=2026-03-20T10:00:00.000Z')).rows).toMatchObject([
    { country: 'JP', amount: '4645', overdue: 'false', formula: expect.stringContaining('days left') },
  ]);
  expect((await file('/v1/refunds.csv?status=failed')).rows).toEqual([]);
  expect((await file('/v1/refunds.csv?status=lost')).status).toBe(422);
});

function harmless(text: string): string {
  return /^[=+\-@]/.test(text) ? `'${text}` : text;
}

describe('a file of hundreds of thousands of lines', () => {
  beforeAll(async () => {
    const client = await service.database.connect();
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor)
       select '01900000-0000-7000-8000-000000000000', n, '2026-03-02T00:00:00Z', 'write_off', 'E', 'GBP', 'bank', n
       from generate_series(1, ${MANY}) n`,
    );
    await client.query('set session_replication_role = origin');
    client.release();
  });

  it('comes whole and in order', async () => {
    const { rows } = await file('/v1/ledger/entries.csv?currency=GBP');
    expect(rows).toHaveLength(MANY);
    expect(rows.map(({ debit }) => Number(debit))).toEqual(Array.from({ length: MANY }, (_, index) => MANY - index));
  });

  it('is read no further than the caller takes it, and no longer than the caller stays', async () => {
    const response = await open('/v1/ledger/entries.csv?currency=GBP');
    await until('the cursor', async () => (await cursors()) === 1);
    response.destroy();
    await until('the end of the query', async () => (await cursors()) === 0);
    const { rows } = await service.database.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction'`,
    );
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('cancels a query that still searches when the caller leaves', async () => {
    const holder = await service.database.connect();
    const waiting = async (): Promise<boolean> => {
      const { rowCount } = await service.database.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'declare wanted%'`,
      );
      return rowCount === 1;
    };
    try {
      // Somebody holds the table: the query waits, as it would search.
      await holder.query('begin; lock table ledger_entries in access exclusive mode');
      const headers = { authorization: `Bearer ${await service.api.token('finance')}` };
      const request = get(`${service.api.url}/v1/ledger/entries.csv`, { headers }).on('error', () => undefined);
      await until('the wait', waiting);
      request.destroy();
      // Less than the five seconds after which it would give up by itself.
      await until('the cancellation', async () => !(await waiting()), 3000);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
    expect((await file('/v1/ledger/entries.csv?currency=JPY')).status).toBe(200);
  });

  it('is refused while four are being read, and given again afterwards', async () => {
    const downloads = await Promise.all(Array.from({ length: 4 }, () => open('/v1/ledger/entries.csv?currency=GBP')));
    const refused = await file('/v1/ledger/entries.csv');
    expect({ status: refused.status, wait: refused.headers.get('retry-after') }).toEqual({ status: 429, wait: '10' });
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'too_many_downloads' });
    for (const download of downloads) download.destroy();
    await until('room for another', async () => (await file('/v1/ledger/entries.csv?currency=JPY')).status === 200);
  });
});
