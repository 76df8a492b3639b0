/** What the migrations make: the checked-in schema, up and down and up again, and also when several processes start. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrate, MIGRATIONS, revertLatest } from '../../src/platform/database/migrate.js';
import { dumpSchema } from '../../src/platform/database/schema-dump.js';
import { createDatabase, dropDatabases } from '../support/database.js';

const NAMES = MIGRATIONS.map((migration) => migration.name);
const REGENERATE = `is not what the migrations make. A migration that has landed is never edited: add a new file.
Then write it down: npm run schema:write`;

afterAll(dropDatabases);

it('makes the checked-in schema, takes all of it back, and makes the same again', async () => {
  const url = await createDatabase('migrations');
  const empty = await dumpSchema(url);
  expect(await migrate(url)).toEqual(NAMES);
  const made = await dumpSchema(url);
  const checkedIn = await readFile('migrations/schema.txt', 'utf8');
  if (made !== checkedIn) throw new Error(`migrations/schema.txt ${REGENERATE}\n${firstDifference(checkedIn, made)}`);
  for (const name of [...NAMES].reverse()) expect(await revertLatest(url)).toBe(name);
  expect(await dumpSchema(url)).toBe(empty);
  expect(await revertLatest(url)).toBeNull();
  expect(await migrate(url)).toEqual(NAMES);
  expect(await dumpSchema(url)).toBe(made);
});

it('does nothing the second time', async () => {
  const url = await createDatabase('migrations');
  await migrate(url);
  const made = await dumpSchema(url);
  expect(await migrate(url)).toEqual([]);
  expect(await dumpSchema(url)).toBe(made);
});

it('is applied once when five processes start at the same time', async () => {
  const url = await createDatabase('migrations');
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
  expect(applied.flat()).toEqual(NAMES);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select name from migrations order by id');
  await client.end();
  expect(rows).toEqual(NAMES.map((name) => ({ name })));
});

it('has edited no migration that has landed', async () => {
  const files = (await readdir('migrations')).filter((file) => file.endsWith('.ts')).sort();
  const lines = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(`migrations/${file}`);
      return `${createHash('sha256').update(text).digest('hex')}  ${file}`;
    }),
  );
  const landed = (await readFile('migrations/landed.txt', 'utf8')).trimEnd().split('\n');
  const edited = landed.filter((line) => !lines.includes(line));
  const added = lines.filter((line) => !landed.includes(line));
  const advice = 'undo the edit and add a new file; a new file gets its line: npm run schema:write';
  if (edited.length + added.length > 0) throw new Error([advice, ...edited, ...added].join('\n  '));
});

function firstDifference(checkedIn: string, made: string): string {
  const [ours, theirs] = [checkedIn.split('\n'), made.split('\n')];
  const at = theirs.findIndex((line, index) => line !== ours[index]);
  return `line ${at + 1}\n  checked in: ${ours[at]}\n  the database: ${theirs[at]}`;
}
