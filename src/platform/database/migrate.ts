/** Brings a database to the version this build needs: our tables, then the queue's, then who has which rights on them. */
import { runMigrations } from 'bullmq';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Membership1764000000000 } from '../../../migrations/1764000000000-membership.js';
import { Ledger1764000000001 } from '../../../migrations/1764000000001-ledger.js';
import { Reconciliation1764000000002 } from '../../../migrations/1764000000002-reconciliation.js';
import { Chargebacks1764000000003 } from '../../../migrations/1764000000003-chargebacks.js';
import { Invoices1764000000004 } from '../../../migrations/1764000000004-invoices.js';
import { Roles1764000000005 } from '../../../migrations/1764000000005-roles.js';
import { Words1764300000000 } from '../../../migrations/1764300000000-words.js';
import { DeclaredWork1764300000001 } from '../../../migrations/1764300000001-declared-work.js';
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
];

const MIGRATION_LOCK = 7_316_402;

/** Applies what is missing and returns the names; several processes may call it at once. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  const source = new DataSource({ ...dataSourceOptions(databaseUrl, 2), migrations: MIGRATIONS });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await source.initialize();
    const applied = await source.runMigrations({ transaction: 'each' });
    await runMigrations(client);
    await giveRights(client, (message) => console.error(message));
    return applied.map((migration) => migration.name);
  } finally {
    if (source.isInitialized) await source.destroy();
    await client.end();
  }
}

/** Takes the latest migration back; returns its name, or null when there is none. */
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
