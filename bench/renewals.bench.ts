/**
 * Renewals end to end: due → claimed → charged at the sandbox over HTTP → settled with ledger, outbox and next term, by
 * one worker process. The floor, in the same run on the same server: a renewal as two commits of one row each. Argument:
 * how many members.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { copyMembers } from '../test/support/many-members.js';
import { cpuSeconds, peakMb, startProcess } from './processes.js';
import { makeModel, onStage, quiet, take, valueOf, type Stage } from './stage.js';

const YEAR_SECONDS = 365 * 24 * 60 * 60;
const FLOOR_CLIENTS = 8;
const FLOOR_SECONDS = 10;

take(
  (members) =>
    onStage(async (stage) => {
      const due = await makeMembers(stage, members);
      const ours = await renewAll(stage, due, members);
      tell(members, ours, await measureFloor(stage.floorUrl));
    }),
  2000,
);

/** As the service itself made one of them, nearly a year older; returns when their terms end. */
async function makeMembers(stage: Stage, members: number): Promise<Date> {
  const begun = await makeModel(stage);
  // Everything else that their year has made due is done before.
  const leftSeconds = 60 + Math.round(members / 20);
  const earlier = `interval '${YEAR_SECONDS - leftSeconds} seconds' - (now() - '${begun.toISOString()}')`;
  await copyMembers(stage.databases, [{ userId: 'model', from: 1, to: members, earlier }]);
  return valueOf(stage.database, `select max(due_at) from subscriptions where user_id <> 'model'`);
}

interface Ours {
  seconds: number;
  workerCpuSeconds: number | null;
  workerMb: number | null;
  statements: number;
}

async function renewAll({ database, env }: Stage, due: Date, members: number): Promise<Ours> {
  const worker = await startProcess('dist/src/worker.js', env, /worker ready/);
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
