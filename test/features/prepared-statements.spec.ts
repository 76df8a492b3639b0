/** How connections run statements: what is asked often is prepared once per connection, and answers the same. */
import type { Client } from 'pg';
import { PreparingClient } from '../../src/platform/database/prepared-statements.js';
import { createDatabase, dropDatabases } from '../support/database.js';

let client: Client;
beforeAll(async () => {
  client = new PreparingClient({ connectionString: await createDatabase('statements') });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await dropDatabases();
});

async function ask(n: number, text = 'select $1::int as n'): Promise<number> {
  return (await client.query<{ n: number }>(text, [n])).rows[0]!.n;
}

async function prepared(): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>('select statement from pg_prepared_statements');
  return rows.map(({ statement }) => statement);
}

it('prepares what is asked for the tenth time, and only that', async () => {
  for (let n = 1; n < 10; n += 1) expect(await ask(n)).toBe(n);
  for (let n = 0; n < 20; n += 1) expect(await ask(n, `select $1::int + ${n} as n`)).toBe(2 * n);
  expect(await prepared()).toEqual([]);
  for (let n = 10; n < 15; n += 1) expect(await ask(n)).toBe(n);
  expect(await prepared()).toEqual(['select $1::int as n']);
});

it('goes on with a statement that failed', async () => {
  const text = 'select 1 / $1::int as n';
  for (let n = 0; n < 12; n += 1) await expect(ask(0, text)).rejects.toThrow('division by zero');
  expect(await ask(1, text)).toBe(1);
});
