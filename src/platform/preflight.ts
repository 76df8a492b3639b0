/**
 * What a process needs before it starts: a database that answers and is at the version of this build, and Redis where one is
 * configured. What is missing is said within five seconds, with what to do; nothing is waited for.
 */
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Config } from './config.js';
import { MIGRATIONS } from './database/migrate.js';
import { codeOf } from './error-code.js';

const ANSWER_WITHIN_MS = 5000;
const UNDEFINED_TABLE = '42P01';
const ONLY_EMBEDDED = '`npm start` alone brings a database and a gateway; see .env.example.';

/** Throws one error that names the setting that is missing or the part that does not answer, or says to migrate. */
export async function requireReady(config: Config): Promise<void> {
  const { DATABASE_URL, STRIPE_API_KEY, STRIPE_API_BASE } = config;
  if (DATABASE_URL === undefined) throw new Error(`Set DATABASE_URL. ${ONLY_EMBEDDED}`);
  if (STRIPE_API_KEY === undefined && STRIPE_API_BASE === undefined) {
    throw new Error(`Set STRIPE_API_KEY, or STRIPE_API_BASE for a sandbox gateway. ${ONLY_EMBEDDED}`);
  }
  await requireDatabase(DATABASE_URL);
  await requireRedis(config);
}

async function requireDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_WITHIN_MS });
  await client.connect().catch((error: Error) => {
    throw new Error(`The database ${placeOf(url)} does not answer: ${error.message}. Start it, or set DATABASE_URL.`);
  });
  try {
    const { rows } = await client.query<{ name: string }>('select name from migrations');
    const applied = new Set(rows.map(({ name }) => name));
    if (!MIGRATIONS.every(({ name }) => applied.has(name))) throw notMigrated(url);
  } catch (error) {
    throw codeOf(error) === UNDEFINED_TABLE ? notMigrated(url) : error;
  } finally {
    await client.end();
  }
}

/** Throws when the configured Redis does not answer; without one there is nothing to ask. */
export async function requireRedis({ REDIS_URL: url }: Pick<Config, 'REDIS_URL'>): Promise<void> {
  if (url === undefined) return;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_WITHIN_MS,
    disconnectTimeout: 100,
    retryStrategy: () => null,
  });
  let trouble = 'no answer';
  redis.on('error', (error) => (trouble = error.message));
  try {
    await redis.connect();
    await redis.ping();
  } catch {
    throw new Error(`Redis at ${placeOf(url)} does not answer: ${trouble}. Start it, or set or clear REDIS_URL.`);
  } finally {
    redis.disconnect();
  }
}

function notMigrated(url: string): Error {
  return new Error(
    `The database ${placeOf(url)} is not at the version this build needs: run \`npm run migrate\` first.`,
  );
}

/** Without the credentials. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
