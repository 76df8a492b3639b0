/** One migrated database per test run, cloned by every test file. */
import pg from 'pg';
import { migrate } from '../../src/platform/database/migrate.js';

const NAME = 'vip_template';
const LOCK = 7_316_404;

/** The template's name; the first who asks makes it. */
export async function migratedTemplate(): Promise<string> {
  const url = process.env.TEST_POSTGRES_URL ?? '';
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1 and datistemplate', [NAME]);
    if (rowCount === 0) {
      await client.query(`drop database if exists ${NAME}`);
      await client.query(`create database ${NAME}`);
      const own = new URL(url);
      own.pathname = `/${NAME}`;
      await migrate(own.href);
      await client.query(`alter database ${NAME} is_template true`);
    }
    return NAME;
  } finally {
    await client.end();
  }
}
