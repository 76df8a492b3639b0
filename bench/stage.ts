/**
 * Where a measure is taken: a server of its own, the service's database and the sandbox's, the sandbox gateway as a process,
 * and one member that the service itself made, to be copied.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded/postgres.js';
import { migrate } from '../src/platform/database/migrate.js';
import { signToken } from '../src/platform/http/signing-keys.js';
import { ApiClient } from '../test/support/api-client.js';
import { startApi, startProcess } from './processes.js';

const ISSUER = 'vip-membership-billing';

export interface Stage {
  /** For the processes of the service. */
  env: Record<string, string> & { DATABASE_URL: string };
  database: pg.Client;
  /** As `copyMembers` wants them. */
  databases: { config: { DATABASE_URL: string }; sandboxDatabaseUrl: string };
  /** An empty database of the same server. */
  floorUrl: string;
  sign: (scopes: string[], subject?: string) => Promise<string>;
}

export async function onStage(measure: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const postgres = await startEmbeddedPostgres({ dataFolder: path.join(folder, 'data') });
  try {
    for (const name of ['bench', 'sandbox', 'floor']) await postgres.createDatabase(name);
    const [url, sandboxDatabaseUrl] = [postgres.url('bench'), postgres.url('sandbox')];
    await migrate(url);
    const sandbox = await startProcess(
      'dist/src/sandbox-gateway/main.js',
      { SANDBOX_DATABASE_URL: sandboxDatabaseUrl },
      /listening on http:\S+\n/,
    );
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    try {
      await measure({
        env: {
          ...{ DATABASE_URL: url, DATA_DIR: folder, PORT: '0' },
          STRIPE_API_BASE: sandbox.ready.trim().replace('listening on ', ''),
        },
        database,
        databases: { config: { DATABASE_URL: url }, sandboxDatabaseUrl },
        floorUrl: postgres.url('floor'),
        sign: (scopes, subject = 'bench') => signToken(folder, { scopes, subject, issuer: ISSUER, audience: ISSUER }),
      });
    } finally {
      await database.end();
      await sandbox.stop();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A paying member called `model`, with all that follows from the sign-up done; returns when it was made. */
export async function makeModel({ env, database, sign }: Stage): Promise<Date> {
  const api = await startApi(env);
  const worker = await startProcess('dist/src/worker.js', env, /worker ready/);
  const { body, status } = await new ApiClient(api.url, sign).subscribe('model', {}, { waitSeconds: 10 });
  if (status !== 201) throw new Error(JSON.stringify(body));
  await quiet(database);
  await worker.stop();
  await api.stop();
  return valueOf(database, 'select created_at from subscriptions');
}

/** Until nothing is written on a timeline any more. */
export async function quiet(database: pg.Client): Promise<void> {
  for (let before = -1; ;) {
    const lines = await valueOf<number>(database, 'select count(*)::int from timeline_entries');
    if (lines === before) return;
    before = lines;
    await pause(5000);
  }
}

export async function valueOf<T>(database: pg.Client, text: string): Promise<T> {
  const { rows } = await database.query<[T]>({ text, rowMode: 'array' });
  if (rows[0] === undefined) throw new Error(`no row: ${text}`);
  return rows[0][0];
}

/** Runs a measure; its argument, or what it takes without one. */
export function take(measure: (size: number) => Promise<void>, size: number): void {
  measure(Number(process.argv[2] ?? size)).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
