import { writeFileSync } from 'node:fs';
import { migrate } from '../../src/platform/migrate.js';
import { dumpSchema } from '../../src/platform/schema-dump.js';
import { createDatabase, dropDatabases } from '../support/database.js';
it('x', async () => {
  const url = await createDatabase('d'); await migrate(url); writeFileSync('migrations/schema.txt', await dumpSchema(url)); await dropDatabases();
  if (process.env.PG15) { await migrate(process.env.PG15); writeFileSync('/tmp/schema15.txt', await dumpSchema(process.env.PG15)); }
});
