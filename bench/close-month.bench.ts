/**
 * The close of a month over a million open terms, against the floor: the plain `insert … select` of the same entries into
 * a table of the same form and indexes, on the same data in the same run. Argument: how many terms.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DataSource } from 'typeorm';
import { endOfMonth, monthOf } from '../src/domain/deferred-fee.js';
import { UnusableFees } from '../src/ledger/unusable-fees.js';
import { CloseMonth } from '../src/ledger/close-month.js';
import { SystemClock } from '../src/platform/time/clock.js';
import { Database, dataSourceOptions } from '../src/platform/database/database.js';
import { startEmbeddedPostgres } from '../src/embedded/postgres.js';
import { migrate } from '../src/platform/database/migrate.js';

/** Terms that began on every day of the year before `$1`; ids rise with time, as the service's do. No foreign keys: it is only data. */
const SEED = (terms: number): string => `
  insert into deferred_fees (charge_id, subscription_id, term_number, kind, entity, currency, gross_minor, tax_minor,
    tax_basis_points, starts_at, ends_at, captured_at, status)
  select id, id, 1, 'term', 'Company ' || n % 3, 'EUR', 4999, 868, 2100, at, at + interval '365 days', at, 'open'
  from (select n, at, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000'
          || lpad(to_hex(n), 12, '0'))::uuid as id
        from (select n, $1::timestamptz - interval '365 days' + (n / (${terms} / 365 + 1)) * interval '1 day'
                + interval '10 hours' as at
              from generate_series(1, ${terms}) n) begun) named`;

const FLOOR = `
  insert into floor_entries (transaction_id, line, at, fact, clause, entity, currency, account, amount_minor,
    subscription_id, term_number)
  select '00000000-0000-7000-8000-000000000000', 2 * n - second, $1, 'recognition', '3.3.1', entity, currency, account,
    sign * amount, subscription_id, term_number
  from (select *, row_number() over () as n,
          earned_minor(gross_minor - tax_minor, starts_at, ends_at, $1) - recognised_minor as amount
        from deferred_fees where status = 'open' and starts_at < $1) earned
    cross join (values (1, 'deferred_revenue', 1), (0, 'membership_revenue', -1)) side (second, account, sign)
  where amount <> 0`;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return Math.round((performance.now() - startedAt) / 10) / 100;
}

async function main(): Promise<void> {
  const terms = Number(process.argv[2] ?? 1_000_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const postgres = await startEmbeddedPostgres({ dataFolder: folder });
  try {
    await postgres.createDatabase('bench');
    const url = postgres.url('bench');
    await migrate(url);
    const source = await new DataSource(dataSourceOptions(url, 2)).initialize();
    const lastMonth = monthOf(new Date(endOfMonth(monthOf(new Date())).getTime() - 45 * 86_400_000));
    const end = endOfMonth(lastMonth);
    await source.transaction(async (tx) => {
      await tx.query('set local session_replication_role = replica');
      await tx.query(SEED(terms), [end]);
    });
    await source.query('create table floor_entries (like ledger_entries including all)');
    await source.query('vacuum analyze deferred_fees');
    await source.query('checkpoint');
    const floor = await seconds(() => source.query(FLOOR, [end]));
    await source.query('drop table floor_entries');
    await source.query('checkpoint');
    const closeMonth = new CloseMonth(new SystemClock(), new Database(source), new UnusableFees());
    const id = await closeMonth.order(lastMonth, 'bench', () => Promise.resolve());
    const ours = await seconds(() => closeMonth.close(id));
    const { status, terms: earning } = await closeMonth.byId(id);
    if (status !== 'done') throw new Error(`the month is ${status}`);
    await source.destroy();
    const ratio = Math.round((ours / floor) * 100) / 100;
    console.log(JSON.stringify({ measure: 'close-month', terms, earning, floor, ours, ratio, goal: 1.5 }));
    console.table({ floor: { seconds: floor }, ours: { seconds: ours } });
    console.log(`${terms} terms: ${ratio} × the floor (goal: up to 1.5 ×)`);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
