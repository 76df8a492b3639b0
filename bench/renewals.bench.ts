/**
 * Renewals end to end: due → claimed → charged at the sandbox over HTTP → settled with ledger, outbox and next term, by
 * one worker process. The floor, in the same run on the same server: a renewal as two commits of one row each. Argument:
 * how many members.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/platform/embedded-postgres.js';
import { migrate } from '../src/platform/migrate.js';
import { signToken } from '../src/platform/signing-keys.js';
import { ApiClient } from '../test/support/api-client.js';
import { copyMembers } from '../test/support/many-members.js';
import { cpuSeconds, peakMb, startApi, startProcess } from './processes.js';

const ISSUER = 'vip-membership-billing';
const YEAR_SECONDS = 365 * 24 * 60 * 60;
const FLOOR_CLIENTS = 8;
const FLOOR_SECONDS = 10;

async function main(): Promise<void> {
  const members = Number(process.argv[2] ?? 2000);
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const postgres = await startEmbeddedPostgres({ dataFolder: path.join(folder, 'data') });
  try {
    await measure(postgres, folder, members);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(postgres: EmbeddedPostgres, folder: string, members: number): Promise<void> {
  for (const name of ['bench', 'sandbox', 'floor']) await postgres.createDatabase(name);
  await migrate(postgres.url('bench'));
  const env: Record<string, string> = { DATABASE_URL: postgres.url('bench'), DATA_DIR: folder, PORT: '0' };
  const sandbox = await startProcess(
    'sandbox-gateway/main',
    { SANDBOX_DATABASE_URL: postgres.url('sandbox') },
    /listening on http:\S+\n/,
  );
  env.STRIPE_API_BASE = sandbox.ready.trim().replace('listening on ', '');
  const database = new pg.Client({ connectionString: postgres.url('bench') });
  await database.connect();
  try {
    const due = await makeMembers(postgres, database, folder, env, members);
    const ours = await renewAll(database, env, due, members);
    await sandbox.stop();
    tell(members, ours, await measureFloor(postgres.url('floor')));
  } finally {
    await database.end();
  }
}

/** As the service itself made one of them, nearly a year older; returns when their terms end. */
async function makeMembers(
  postgres: EmbeddedPostgres,
  database: pg.Client,
  folder: string,
  env: Record<string, string>,
  members: number,
): Promise<Date> {
  const sign = (scopes: string[], subject = 'bench'): Promise<string> =>
    signToken(folder, { scopes, subject, issuer: ISSUER, audience: ISSUER });
  const api = await startApi(env);
  const worker = await startProcess('worker', env, /worker ready/);
  const { body, status } = await new ApiClient(api.url, sign).subscribe('model', {}, { waitSeconds: 10 });
  if (status !== 201) throw new Error(JSON.stringify(body));
  await quiet(database);
  await worker.stop();
  await api.stop();
  const config = { DATABASE_URL: env.DATABASE_URL };
  const begun = await valueOf<Date>(database, 'select created_at from subscriptions');
  // Everything else that their year has made due is done before.
  const leftSeconds = 60 + Math.round(members / 20);
  await copyMembers({ config, sandboxDatabaseUrl: postgres.url('sandbox') }, [
    {
      userId: 'model',
      from: 1,
      to: members,
      earlier: `interval '${YEAR_SECONDS - leftSeconds} seconds' - (now() - '${begun.toISOString()}')`,
    },
  ]);
  return valueOf(database, `select max(due_at) from subscriptions where user_id <> 'model'`);
}

interface Ours {
  seconds: number;
  workerCpuSeconds: number | null;
  workerMb: number | null;
  statements: number;
}

async function renewAll(database: pg.Client, env: Record<string, string>, due: Date, members: number): Promise<Ours> {
  const worker = await startProcess('worker', env, /worker ready/);
  await quiet(database);
  await database.query('vacuum analyze');
  await database.query('checkpoint');
  const cpuBefore = cpuSeconds(worker.pid) ?? 0;
  const commitsBefore = await commits(database);
  const leftMs = due.getTime() - Date.now();
  if (leftMs < 0) throw new Error(`the terms ended ${-leftMs} ms before all else was done`);
  console.error(`the terms of ${members} members end in ${Math.round(leftMs / 1000)} s`);
  await pause(leftMs);
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (let done = 0; done < members;) {
    await pause(50);
    done = await valueOf(database, 'select count(*)::int from terms where number = 2');
    if (performance.now() - toldAt < 2000) continue;
    toldAt = performance.now();
    console.error(`${done} of ${members}`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const ours = {
    seconds,
    workerCpuSeconds: (cpuSeconds(worker.pid) ?? 0) - cpuBefore,
    workerMb: peakMb(worker.pid),
    statements: ((await commits(database)) - commitsBefore) / members,
  };
  await worker.stop();
  return ours;
}

function commits(database: pg.Client): Promise<number> {
  return valueOf(database, `select xact_commit::int from pg_stat_database where datname = current_database()`);
}

async function valueOf<T>(database: pg.Client, text: string): Promise<T> {
  const { rows } = await database.query<[T]>({ text, rowMode: 'array' });
  if (rows[0] === undefined) throw new Error(`no row: ${text}`);
  return rows[0][0];
}

/** Until nothing is written on a timeline any more. */
async function quiet(database: pg.Client): Promise<void> {
  for (let before = -1; ;) {
    const lines = await valueOf<number>(database, 'select count(*)::int from timeline_entries');
    if (lines === before) return;
    before = lines;
    await pause(5000);
  }
}

/** Claim and intent; then settlement, ledger, outbox and the next term. */
const FLOOR_TABLES = `
  create table subscriptions (id integer primary key, due_at timestamptz not null, status text not null);
  create table requests (id integer primary key, status text not null, reference text not null, gateway_id text);
  create table terms (subscription_id integer, number integer, ends_at timestamptz, primary key (subscription_id, number));
  create table entries (id bigint generated always as identity primary key, subscription_id integer, account text,
    minor bigint);
  create table outbox (id bigint generated always as identity primary key, body jsonb);
  insert into subscriptions select n, now(), 'active' from generate_series(1, 200000) n;
  vacuum analyze;`;
const CLAIM = `with s as (update subscriptions set status = 'moving' where id = $1 returning id)
  insert into requests (id, status, reference) select id, 'intended', 'charge_' || id from s`;
const SETTLE = `with r as (update requests set status = 'succeeded', gateway_id = 'pi_' || id where id = $1 returning id),
  s as (update subscriptions set status = 'active', due_at = due_at + interval '365 days' where id = $1 returning id),
  t as (insert into terms select id, 2, now() from s),
  e as (insert into entries (subscription_id, account, minor)
    select id, account, minor from s, (values ('receivable', 4999), ('deferred', -4131), ('tax', -868)) a (account, minor))
  insert into outbox (body) select jsonb_build_object('event', 'subscription.renewed', 'id', id) from s`;

async function measureFloor(url: string): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: FLOOR_CLIENTS });
  await pool.query('create extension if not exists plpgsql');
  for (const statement of FLOOR_TABLES.split(';')) await pool.query(statement);
  let id = 0;
  const until = performance.now() + FLOOR_SECONDS * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const values = [(id += 1)];
      await pool.query({ name: 'claim', text: CLAIM, values });
      await pool.query({ name: 'settle', text: SETTLE, values });
    }
  };
  await Promise.all(Array.from({ length: FLOOR_CLIENTS }, client));
  await pool.end();
  return id / FLOOR_SECONDS;
}

function tell(members: number, ours: Ours, floor: number): void {
  const perSecond = members / ours.seconds;
  const ratio = Math.round((perSecond / floor) * 100) / 100;
  console.log(JSON.stringify({ measure: 'renewals', members, floor, ours, perSecond, ratio, goal: 0.5 }));
  console.table({
    floor: { 'renewals per second': Math.round(floor) },
    ours: { 'renewals per second': Math.round(perSecond), 'commits each': Math.round(ours.statements) },
  });
  console.log(`${members} renewals: ${ratio} × the floor (goal: at least 0.5 ×)`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
