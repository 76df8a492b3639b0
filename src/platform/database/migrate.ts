/** Brings a database to the version this build needs: our tables, then the queue's, then who has which rights on them. */
import { runMigrations } from 'bullmq';
import pg from 'pg';
import { DataSource, QueryFailedError } from 'typeorm';
import { Membership1764000000000 } from '../../../migrations/1764000000000-membership.js';
import { Ledger1764000000001 } from '../../../migrations/1764000000001-ledger.js';
import { Reconciliation1764000000002 } from '../../../migrations/1764000000002-reconciliation.js';
import { Chargebacks1764000000003 } from '../../../migrations/1764000000003-chargebacks.js';
import { Invoices1764000000004 } from '../../../migrations/1764000000004-invoices.js';
import { Roles1764000000005 } from '../../../migrations/1764000000005-roles.js';
import { Words1764300000000 } from '../../../migrations/1764300000000-words.js';
import { DeclaredWork1764300000001 } from '../../../migrations/1764300000001-declared-work.js';
import { Gateways1764400000000 } from '../../../migrations/1764400000000-gateways.js';
import { giveRights } from './database-roles.js';
import { dataSourceOptions } from './database.js';

export const MIGRATIONS = [
  Membership1764000000000,
  Ledger1764000000001,
  Reconciliation1764000000002,
  Chargebacks1764000000003,
  Invoices1764000000004,
  Roles1764000000005,
  Words1764300000000,
  DeclaredWork1764300000001,
  Gateways1764400000000,
];

const MIGRATION_LOCK = 7_316_402;
const ANSWER_WITHIN_MS = 5000;
const STATEMENT_SHOWN_MAX = 300;

/** Applies what is missing and returns the names; several processes may call it at once. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: ANSWER_WITHIN_MS });
  const source = new DataSource({ ...dataSourceOptions(databaseUrl, 2), migrations: MIGRATIONS });
  await client.connect().catch((error: Error) => {
    const { host, pathname } = new URL(databaseUrl);
    throw new Error(
      `The database ${host}${pathname} does not answer: ${error.message}. Start it, or set DATABASE_URL.`,
    );
  });
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await source.initialize();
    const applied = await source.runMigrations({ transaction: 'each' });
    await runMigrations(client);
    await giveRights(client, (message) => console.error(message));
    return applied.map((migration) => migration.name);
  } catch (error) {
    throw named(error);
  } finally {
    if (source.isInitialized) await source.destroy();
    await client.end();
  }
}

/** With the statement that failed, so that an administrator can see which right is missing. */
function named(error: unknown): unknown {
  if (!(error instanceof QueryFailedError)) return error;
  const statement = error.query.replaceAll(/\s+/g, ' ').trim().slice(0, STATEMENT_SHOWN_MAX);
  return new Error(`${error.message}\n  in the statement: ${statement}`, { cause: error });
}

/** Reverts the latest migration; returns its name, or null when there is none. */
export async function revertLatest(databaseUrl: string): Promise<string | null> {
  const source = new DataSource({ ...dataSourceOptions(databaseUrl, 2), migrations: MIGRATIONS });
  await source.initialize();
  try {
    const [latest] = await source.query<{ name: string }[]>('select name from migrations order by id desc limit 1');
    await source.undoLastMigration({ transaction: 'each' });
    return latest?.name ?? null;
  } finally {
    await source.destroy();
  }
}

export async function migrationsAreCurrent(source: DataSource): Promise<boolean> {
  const rows = await source.query<{ name: string }[]>('select name from migrations');
  const applied = new Set(rows.map((row) => row.name));
  return MIGRATIONS.every((migration) => applied.has(migration.name));
}
