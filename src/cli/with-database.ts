/**
 * Gives a command its database: DATABASE_URL, or the embedded one of the instance with the same DATA_DIR, whether that
 * runs or not. What it had to start it stops again; what it found running, or others have come to use, it leaves.
 */
import { access, realpath } from 'node:fs/promises';
import path from 'node:path';
import { DataSource } from 'typeorm';
import { clusterPlace } from '../embedded/postgres-cluster.js';
import { startEmbeddedPostgres } from '../embedded/postgres.js';
import type { Config } from '../platform/config.js';
import { APP_ROLE } from '../platform/database/database-roles.js';
import { Database, dataSourceOptions } from '../platform/database/database.js';
import { migrationsAreCurrent } from '../platform/database/migrate.js';
import { Clock, SystemClock, TestClock } from '../platform/time/clock.js';

const CONNECTIONS_MAX = 3;
// Tells this command's connections from those of others.
const APPLICATION = `vip-membership command ${process.pid}`;

export interface Opened {
  database: Database;
  /** Business time: a test clock's where one stands in the database. */
  clock: Clock;
}

interface Place {
  url: string;
  role: string | undefined;
  leave: (source: DataSource) => Promise<void>;
}

export async function withDatabase<T>(config: Config, use: (opened: Opened) => Promise<T>): Promise<T> {
  const place = await findDatabase(config);
  const options = Object.assign(dataSourceOptions(place.url, CONNECTIONS_MAX, place.role), {
    applicationName: APPLICATION,
  });
  const source = new DataSource(options);
  try {
    await connect(source, place.url);
    return await use({ database: new Database(source), clock: await clockOf(source) });
  } finally {
    await place.leave(source);
  }
}

async function findDatabase({ DATABASE_URL, DATABASE_ROLE: role, DATA_DIR }: Config): Promise<Place> {
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, role, leave: close };
  const folder = await realpath(DATA_DIR).catch(() => DATA_DIR);
  const known = await access(path.join(clusterPlace(folder).clusterFolder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!known) {
    const detail = `No instance has run on DATA_DIR=${DATA_DIR}, so it has no books.`;
    throw new Error(`${detail} Set DATABASE_URL, or the DATA_DIR of the instance.`);
  }
  const postgres = await startEmbeddedPostgres({ dataFolder: folder });
  const leave = async (source: DataSource): Promise<void> => {
    const needed = postgres.adopted || (await usedByOthers(source));
    await close(source);
    if (!needed) await postgres.stop();
  };
  return { url: postgres.url('vip'), role: role ?? APP_ROLE, leave };
}

async function connect(source: DataSource, url: string): Promise<void> {
  await source.initialize().catch((error: Error) => {
    const { host, pathname } = new URL(url);
    throw new Error(`The database ${host}${pathname} cannot be used: ${error.message}`);
  });
  const current = await migrationsAreCurrent(source).catch((error: Error) => {
    throw new Error(`The version of the database cannot be read (${error.message}): run \`npm run migrate\` first.`);
  });
  if (!current) throw new Error('The database is not at the version this build needs: run `npm run migrate` first.');
}

async function clockOf(source: DataSource): Promise<Clock> {
  const [test] = await source.query<{ now_at: Date }[]>('select now_at from test_clock');
  return test === undefined ? new SystemClock() : new TestClock(new Database(source), test.now_at);
}

/** An instance may have started meanwhile and adopted the server. */
async function usedByOthers(source: DataSource): Promise<boolean> {
  if (!source.isInitialized) return false;
  const [others] = await source.query<{ count: number }[]>(
    `select count(*)::int as count from pg_stat_activity
     where backend_type = 'client backend' and application_name is distinct from $1`,
    [APPLICATION],
  );
  return (others?.count ?? 0) > 0;
}

async function close(source: DataSource): Promise<void> {
  if (source.isInitialized) await source.destroy();
}
