/**
 * Who may do what in the database: the service's own connections cannot alter what is append only, even with every trigger
 * off, and have all they need; the role of finance only reads, and can run every check.
 */
import type { NestExpressApplication } from '@nestjs/platform-express';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createApi } from '../../src/application.js';
import { machineNow } from '../../src/platform/time/clock.js';
import { APP_ROLE, READ_ROLE } from '../../src/platform/database/database-roles.js';
import { Database, dataSourceOptions } from '../../src/platform/database/database.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { checkBooks } from '../../src/reports/books/check-books.js';
import { createDatabase } from '../support/database.js';
import { startService, type Service } from '../support/service.js';

const APPEND_ONLY = [
  'benefit_uses',
  'documents',
  'eligibility_decisions',
  'ledger_entries',
  'ledger_transactions',
  'timeline_entries',
];
const DENIED = expect.objectContaining({ message: expect.stringContaining('permission denied') }) as Error;

let service: Service;
let app: NestExpressApplication;
let own: DataSource;

beforeAll(async () => {
  service = await startService();
  const { id } = (await service.api.subscribe('m1', {}, { waitSeconds: 30 })).body;
  await service.api.useBenefit(id, ['coupon', 'order-1', 500]);
  app = await createApi(service.config);
  await app.init();
  own = app.get(DataSource);
});
afterAll(async () => {
  await app.close();
  await service.stop();
});

interface Rights {
  table: string;
  rights: string;
}

async function rightsOf(role: string): Promise<Record<string, string>> {
  const { rows } = await service.database.query<Rights>(
    `select c.relname as table, string_agg(p.name, ' ' order by p.name) as rights
     from pg_class c, (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) p (name)
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
       and has_table_privilege($1, c.oid, p.name) group by c.relname`,
    [role],
  );
  return Object.fromEntries(rows.map(({ table, rights }) => [table, rights]));
}

async function tables(): Promise<string[]> {
  const { rows } = await service.database.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
     order by relname`,
  );
  return rows.map(({ name }) => name);
}

it('the service has every right it needs and none beyond, on every table there is', async () => {
  const rights = await rightsOf(APP_ROLE);
  const expected = (await tables()).map((table) => {
    if (table.startsWith('migrations')) return [table, 'SELECT'];
    return [table, APPEND_ONLY.includes(table) ? 'INSERT SELECT' : 'DELETE INSERT SELECT UPDATE'];
  });
  expect(rights).toEqual(Object.fromEntries(expected));
});

it('its own connections cannot alter, delete or truncate what is append only, also with every trigger off', async () => {
  expect(await own.query('select current_user')).toEqual([{ current_user: APP_ROLE }]);
  for (const table of APPEND_ONLY) {
    await service.database.query(`alter table ${table} disable trigger all`);
    const [column] = (
      await service.database.query<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = $1::regclass and attnum = 1`,
        [table],
      )
    ).rows;
    for (const statement of [
      `update ${table} set ${column!.name} = ${column!.name}`,
      `delete from ${table}`,
      `truncate ${table} cascade`,
    ]) {
      await expect(own.query(statement)).rejects.toEqual(DENIED);
    }
    const { rows } = await service.database.query<{ count: number }>(`select count(*)::int as count from ${table}`);
    expect([table, rows[0]!.count > 0 || table === 'documents']).toEqual([table, true]);
    await service.database.query(`alter table ${table} enable trigger all`);
  }
});

it('its own connections change no table, function or role', async () => {
  for (const statement of [
    'create table stray (one integer)',
    'drop table cases',
    'alter table ledger_entries disable trigger all',
    'drop trigger entries_are_append_only on ledger_entries',
    `create or replace function keep_ledger_append_only() returns trigger language plpgsql as 'begin return new; end'`,
    'set session_replication_role = replica',
    'create role stray',
  ]) {
    await expect(own.query(statement)).rejects.toThrow(/permission denied|must be owner/);
  }
});

it('what it may do with the rights of the owner is narrow: wait for postings, and have settlement lines measured', async () => {
  await own.query('select wait_for_postings(), measure_settlement_lines()');
  const { rows } = await service.database.query<{ name: string }>(
    `select proname as name from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by proname`,
  );
  expect(rows.map(({ name }) => name)).toEqual(['measure_settlement_lines', 'wait_for_postings']);
});

describe('the role of finance', () => {
  let reader: DataSource;
  beforeAll(async () => {
    reader = await new DataSource(dataSourceOptions(service.config.DATABASE_URL!, 2, READ_ROLE)).initialize();
  });
  afterAll(() => reader.destroy());

  it('reads every table and changes none', async () => {
    expect(await rightsOf(READ_ROLE)).toEqual(Object.fromEntries((await tables()).map((table) => [table, 'SELECT'])));
    await expect(reader.query(`update subscriptions set locale = 'es'`)).rejects.toEqual(DENIED);
  });

  it('runs every check of the books', async () => {
    const findings = await checkBooks(new Database(reader), { now: machineNow(), record: null });
    const broken = findings.filter(({ check, violations }) => violations > 0 && !check.id.startsWith('L'));
    expect(broken).toEqual([]);
    expect(findings.length).toBeGreaterThan(40);
  });
});

describe('an owner who is no superuser', () => {
  it('migrates, and the service runs with the role it was given', async () => {
    const url = new URL(await createDatabase('owned'));
    const admin = new pg.Client({ connectionString: process.env.TEST_POSTGRES_URL });
    await admin.connect();
    const owner = `owner_${process.pid}`;
    await admin.query(`create role ${owner} login password 'secret'`);
    await admin.query(`grant ${APP_ROLE}, ${READ_ROLE} to ${owner}`);
    await admin.query(`alter database ${admin.escapeIdentifier(url.pathname.slice(1))} owner to ${owner}`);
    try {
      url.username = owner;
      url.password = 'secret';
      expect((await migrate(url.href)).length).toBeGreaterThan(3);
      expect(await migrate(url.href)).toEqual([]);
      const source = await new DataSource(dataSourceOptions(url.href, 2, APP_ROLE)).initialize();
      expect(await source.query('select count(*)::int as count from ledger_entries')).toEqual([{ count: 0 }]);
      await expect(source.query('delete from ledger_entries')).rejects.toEqual(DENIED);
      await source.destroy();
    } finally {
      await admin.query(`drop database ${admin.escapeIdentifier(url.pathname.slice(1))} with (force)`);
      await admin.query(`drop role ${owner}`);
      await admin.end();
    }
  });
});
