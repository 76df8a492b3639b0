// Writes down what the migrations make, in a PostgreSQL of its own that it stops again: migrations/schema.txt, read in
// review, and migrations/landed.txt, the hash of every migration.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

if (process.argv.includes('--help')) {
  console.log('npm run schema:write: writes migrations/schema.txt and migrations/landed.txt anew.');
  process.exit(0);
}
const { startEmbeddedPostgres } = await import('../dist/src/embedded/postgres.js');
const { migrate } = await import('../dist/src/platform/database/migrate.js');
const { dumpSchema } = await import('../dist/src/platform/database/schema-dump.js');

const dataFolder = mkdtempSync(join(tmpdir(), 'vip-schema-'));
const postgres = await startEmbeddedPostgres({ dataFolder });
try {
  await postgres.createDatabase('schema');
  await migrate(postgres.url('schema'));
  writeFileSync('migrations/schema.txt', await dumpSchema(postgres.url('schema')));
} finally {
  await postgres.stop();
  rmSync(dataFolder, { recursive: true, force: true });
}
const files = readdirSync('migrations').filter((name) => name.endsWith('.ts'));
const hash = (name) =>
  createHash('sha256')
    .update(readFileSync(join('migrations', name)))
    .digest('hex');
writeFileSync(
  'migrations/landed.txt',
  files
    .sort()
    .map((name) => `${hash(name)}  ${name}\n`)
    .join(''),
);
console.log(`wrote down what ${files.length} migrations make: migrations/schema.txt, migrations/landed.txt`);
