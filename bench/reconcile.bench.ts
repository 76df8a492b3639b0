/**
 * A million settlement lines through the upload until they are booked, against the floor: the same file by COPY and the
 * anti-joins in plain SQL, on the same data in the same run. Argument: how many lines.
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { startEmbeddedPostgres } from '../src/embedded/postgres.js';
import { migrate } from '../src/platform/database/migrate.js';
import { signToken } from '../src/platform/http/signing-keys.js';
import { peakMb, startApi, startProcess } from './processes.js';

const COLUMNS = [
  'balance_transaction_id',
  'created_utc',
  'available_on_utc',
  'currency',
  'gross',
  'fee',
  'net',
  'reporting_category',
  'source_id',
  'description',
  'customer_id',
  'payment_intent_id',
  'charge_id',
  'payment_metadata[reference]',
  'refund_metadata[reference]',
];
const ISSUER = 'vip-membership-billing';

/** Rows as the service writes them; one in twenty captures went back. Triggers and foreign keys are off: it is only data. */
const SEED = (few: number, lines: number): string[] => [
  `set session_replication_role = replica`,
  `create function pg_temp.id(kind integer, n bigint) returns uuid immutable language sql as $$
     select ('01932a4e-' || lpad(to_hex(kind), 4, '0') || '-7abc-8123-' || lpad(to_hex(n), 12, '0'))::uuid $$`,
  `create function pg_temp.name(prefix text, n bigint) returns text immutable language sql as $$
     select prefix || '_' || left(md5(prefix || n), 24) $$`,
  // A day with a few of them, then a day with the rest.
  `create temp table moved as
     select n, date_trunc('day', now()) - interval '3 days' + case when n <= ${few} then n * interval '22 hours' / ${few}
       else interval '1 day' + (n - ${few}) * interval '22 hours' / ${lines} end as at
     from generate_series(1, ${few + lines}) n`,
  `insert into markets (country, currency, status) values ('ES', 'EUR', 'open')`,
  `insert into subscriptions (id, user_id, country, residence_country, status, start_with, auto_renewal,
     contracting_entities, agreement_version, agreement_accepted_at, charge_progress, created_at)
   values (pg_temp.id(1, 1), 'u1', 'ES', 'ES', 'active', 'paid', true, '[{"name": "A Company", "rule": "VIP 1.1"}]', '1',
     now(), 'none', now())`,
  `insert into charges (id, subscription_id, term_number, purpose, amount_minor, currency, status, reference, attempts,
     gateway, gateway_payment_id, created_at, settled_at)
   select pg_temp.id(2, n), pg_temp.id(1, 1), n, 'renewal', 4999, 'EUR', 'succeeded',
     'charge_' || pg_temp.id(2, n) || '_1_renewal_1', 1, 'stripe', pg_temp.name('pi', n), at, at
   from moved where n % 20 <> 0`,
  `insert into refunds (id, subscription_id, charge_id, amount_minor, currency, basis, clause, status, calculation, attempts,
     paid_minor, gateway, gateway_refund_id, created_at, settled_at)
   select pg_temp.id(3, n), pg_temp.id(1, 1), pg_temp.id(2, n - 1), 4999, 'EUR', 'compensation', '6.2', 'succeeded', '{}', 1,
     4999, 'stripe', pg_temp.name('re', n), at, at
   from moved where n % 20 = 0`,
  `insert into gateway_requests (id, kind, subject_id, subscription_id, reference, attempt, gateway, status, gateway_id, intended_at,
     decided_at)
   select pg_temp.id(4, n), 'charge', pg_temp.id(2, n), pg_temp.id(1, 1), 'charge_' || pg_temp.id(2, n) || '_1_renewal_1', 1,
     'stripe', 'succeeded', pg_temp.name('pi', n), at, at from moved where n % 20 <> 0
   union all
   select pg_temp.id(4, n), 'refund', pg_temp.id(3, n), pg_temp.id(1, 1), 'refund_' || pg_temp.id(3, n) || '_1', 1,
     'stripe', 'succeeded', pg_temp.name('re', n), at, at from moved where n % 20 = 0`,
  `insert into ledger_transactions (id, fact, subject_id, occurrence, at)
   select pg_temp.id(5, n), case n % 20 when 0 then 'refund_paid' else 'capture' end,
     pg_temp.id(case n % 20 when 0 then 3 else 2 end, n), 1, at from moved`,
  `insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor)
   select pg_temp.id(5, n), line, at, case n % 20 when 0 then 'refund_paid' else 'capture' end, 'A Company', 'EUR', account,
     case n % 20 when 0 then -minor else minor end
   from moved cross join (values (1, 'gateway_receivable', 4999), (2, 'deferred_revenue', -4131), (3, 'tax_payable', -868))
     as posted (line, account, minor)`,
  `vacuum analyze`,
];

const REPORT = (from: number, to: number): string => `
  copy (
    select pg_temp.name('txn', n), to_char(at, 'YYYY-MM-DD HH24:MI:SS'), to_char(at + interval '2 days', 'YYYY-MM-DD HH24:MI:SS'),
      'eur', case when back then '-49.99' else '49.99' end, case when back then '0.00' else '0.95' end,
      case when back then '-49.99' else '49.04' end, case when back then 'refund' else 'charge' end,
      case when back then pg_temp.name('re', n) else pg_temp.name('ch', n) end, case when back then 'REFUND' end,
      pg_temp.name('cus', n), pg_temp.name('pi', n - back::int), pg_temp.name('ch', n - back::int),
      'charge_' || pg_temp.id(2, n - back::int) || '_1_renewal_1',
      case when back then 'refund_' || pg_temp.id(3, n) || '_1' end
    from (select *, n % 20 = 0 as back from moved where n between ${from} and ${to}) m order by n
  ) to stdout (format csv)`;

/** Lines that disagree, and movements without a line. */
const FLOOR_JOINS = [
  `select count(*) from floor_lines l left join charges c on c.gateway_payment_id = l.payment_intent_id
   where l.reporting_category = 'charge' and (c.status is distinct from 'succeeded'
     or c.amount_minor <> (l.gross::numeric * 100)::bigint or c.currency <> upper(l.currency))`,
  `select count(*) from floor_lines l left join refunds r on r.gateway_refund_id = l.source_id
   where l.reporting_category = 'refund' and (r.status is distinct from 'succeeded'
     or r.amount_minor <> -(l.gross::numeric * 100)::bigint or r.currency <> upper(l.currency))`,
  `select count(*) from charges c where c.status = 'succeeded'
     and not exists (select from floor_lines l where l.payment_intent_id = c.gateway_payment_id)`,
  `select count(*) from refunds r where r.status = 'succeeded'
     and not exists (select from floor_lines l where l.source_id = r.gateway_refund_id)`,
];

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return Math.round((performance.now() - startedAt) / 10) / 100;
}

async function writeReport(client: pg.Client, file: string, from: number, to: number): Promise<void> {
  const head = await open(file, 'w');
  await head.write(`${COLUMNS.join(',')}\n`);
  await head.close();
  await pipeline(client.query(copyTo(REPORT(from, to))), createWriteStream(file, { flags: 'a' }));
}

async function measureFloor(client: pg.Client, file: string): Promise<{ copy: number; joins: number }> {
  const columns = COLUMNS.map((column) => `"${column}" text`).join(', ');
  await client.query(`drop table if exists floor_lines; create table floor_lines (${columns}); set work_mem = '64MB'`);
  const copy = await seconds(async () => {
    const into = client.query(copyFrom('copy floor_lines from stdin (format csv, header true)'));
    await pipeline(createReadStream(file, { highWaterMark: 65_536 }), into);
    await client.query('analyze floor_lines');
  });
  const joins = await seconds(async () => {
    for (const join of FLOOR_JOINS) {
      const { rows } = await client.query<{ count: number }>(join);
      if (Number(rows[0]?.count) !== 0) throw new Error(`the floor finds ${rows[0]?.count} in a clean file: ${join}`);
    }
  });
  await client.query('drop table floor_lines');
  return { copy, joins };
}

interface Service {
  url: string;
  pids: { api: number; worker: number };
  stop(): Promise<void>;
}

async function startService(databaseUrl: string, dataDir: string): Promise<Service> {
  const gatewayNobodyAsks = 'http://127.0.0.1:9';
  const env = { DATABASE_URL: databaseUrl, DATA_DIR: dataDir, PORT: '0', STRIPE_API_BASE: gatewayNobodyAsks };
  const api = await startApi(env);
  const worker = await startProcess('dist/src/worker.js', env, /worker ready/);
  const stop = async (): Promise<void> => {
    await api.stop();
    await worker.stop();
  };
  return { url: api.url, pids: { api: api.pid, worker: worker.pid }, stop };
}

async function upload(url: string, token: string, file: string): Promise<string> {
  const head = '--x\r\ncontent-disposition: form-data; name="file"; filename="report.csv"\r\n\r\n';
  const tail = '\r\n--x--\r\n';
  const sent = request(`${url}/v1/settlements?gateway=stripe`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': head.length + (await stat(file)).size + tail.length,
    },
  });
  sent.write(head);
  await pipeline(createReadStream(file, { highWaterMark: 65_536 }), sent, { end: false });
  sent.end(tail);
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  let text = '';
  for await (const piece of response) text += piece.toString();
  if (response.statusCode !== 202) throw new Error(text);
  return (JSON.parse(text) as { id: string }).id;
}

interface Settlement {
  status: string;
  lines: number;
  matched: number;
  breaks: number;
  bookedAt: string | null;
}

async function measureOurs(url: string, token: string, file: string): Promise<{ load: number; compare: number }> {
  let id = '';
  const load = await seconds(async () => (id = await upload(url, token, file)));
  let settlement: Settlement | null = null;
  const compare = await seconds(async () => {
    while (settlement?.bookedAt == null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const answer = await fetch(`${url}/v1/settlements/${id}`, { headers: { authorization: `Bearer ${token}` } });
      settlement = (await answer.json()) as Settlement;
      const clean = settlement.status !== 'rejected' && !(settlement.status === 'done' && settlement.breaks > 0);
      if (!answer.ok || !clean) throw new Error(JSON.stringify(settlement));
    }
  });
  return { load, compare };
}

async function main(): Promise<void> {
  const lines = Number(process.argv[2] ?? 1_000_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const postgres = await startEmbeddedPostgres({ dataFolder: path.join(folder, 'data') });
  try {
    await postgres.createDatabase('bench');
    const databaseUrl = postgres.url('bench');
    await migrate(databaseUrl);
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await measure(client, databaseUrl, folder, lines);
    } finally {
      await client.end();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(client: pg.Client, databaseUrl: string, folder: string, lines: number): Promise<void> {
  const few = lines / 10;
  await client.query('set timezone = utc');
  for (const statement of SEED(few, lines)) await client.query(statement);
  const [small, large] = [path.join(folder, 'small.csv'), path.join(folder, 'large.csv')];
  await writeReport(client, small, 1, few);
  await writeReport(client, large, few + 1, few + lines);
  const ours: Record<string, number | null>[] = [];
  for (const file of [small, large]) {
    await client.query('checkpoint');
    const service = await startService(databaseUrl, folder);
    try {
      const token = await signToken(folder, {
        scopes: ['finance'],
        subject: 'bench',
        issuer: ISSUER,
        audience: ISSUER,
      });
      const { load, compare } = await measureOurs(service.url, token, file);
      const [apiMb, workerMb] = [peakMb(service.pids.api), peakMb(service.pids.worker)];
      ours.push({ load, compare, total: load + compare, apiMb, workerMb });
    } finally {
      await service.stop();
    }
  }
  // What only the small file holds is not the large one's to have.
  for (const table of ['charges', 'refunds']) {
    await client.query(
      `delete from ${table} where settled_at < (select date_trunc('day', at) from moved where n = ${few + 1})`,
    );
  }
  await client.query('vacuum analyze');
  await client.query('checkpoint');
  tell(lines, await measureFloor(client, large), ours);
}

function tell(
  lines: number,
  floor: { copy: number; joins: number },
  [small, large]: Record<string, number | null>[],
): void {
  const floorSeconds = floor.copy + floor.joins;
  const ratio = Math.round(((large?.total ?? 0) / floorSeconds) * 100) / 100;
  console.log(JSON.stringify({ measure: 'reconcile', lines, floor, small, large, ratio, goal: 2 }));
  console.table({
    floor: { load: floor.copy, compare: floor.joins, total: floorSeconds },
    'ours, a tenth': small,
    ours: large,
  });
  console.log(`${lines} lines: ${ratio} × the floor (goal: up to 2 ×)`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
