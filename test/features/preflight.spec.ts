/** What a process says within seconds when a part it needs does not answer, or the database was not migrated. */
import pg from 'pg';
import { Config } from '../../src/platform/config.js';
import { giveRights } from '../../src/platform/database/database-roles.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { requireReady } from '../../src/platform/preflight.js';
import { createDatabase, dropDatabases } from '../support/database.js';
import { freePort } from '../../src/embedded/free-port.js';

afterAll(dropDatabases);

const configured = (parts: Partial<Config>): Config =>
  Object.assign(new Config(), { STRIPE_API_BASE: 'http://127.0.0.1:1' }, parts);

it('a setting that only `npm start` can do without is named', async () => {
  await expect(requireReady(configured({}))).rejects.toThrow('Set DATABASE_URL');
  const without = { DATABASE_URL: 'postgres://127.0.0.1:1/vip', STRIPE_API_BASE: undefined };
  await expect(requireReady(configured(without))).rejects.toThrow('Set STRIPE_API_KEY');
});

it('a database that was not migrated: run migrate; afterwards nothing', async () => {
  const DATABASE_URL = await createDatabase('preflight');
  await expect(requireReady(configured({ DATABASE_URL }))).rejects.toThrow('run `npm run migrate` first');
  await migrate(DATABASE_URL);
  await expect(requireReady(configured({ DATABASE_URL }))).resolves.toBeUndefined();
});

it('a database that is down is named without its password', async () => {
  const DATABASE_URL = `postgres://someone:secret@127.0.0.1:${await freePort()}/vip`;
  const begunAt = performance.now();
  const refused = requireReady(configured({ DATABASE_URL }));
  await expect(refused).rejects.toThrow(
    /^The database 127\.0\.0\.1:\d+\/vip does not answer: .* Start it, or set DATABASE_URL/,
  );
  await expect(refused).rejects.not.toThrow('secret');
  await expect(migrate(DATABASE_URL)).rejects.toThrow('does not answer');
  expect(performance.now() - begunAt).toBeLessThan(5000);
});

it('Redis that is down is named', async () => {
  const DATABASE_URL = await createDatabase('preflight');
  await migrate(DATABASE_URL);
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  await expect(requireReady(configured({ DATABASE_URL, REDIS_URL }))).rejects.toThrow(/^Redis at .* does not answer/);
});

it('an owner who may not make roles is told the statement to run, until it was run', async () => {
  const url = new URL(await createDatabase('preflight'));
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const owner = `owner_${process.pid}`;
  await admin.query(`create role ${owner} login password 'p'`);
  await admin.query(`alter database ${url.pathname.slice(1)} owner to ${owner}`);
  Object.assign(url, { username: owner, password: 'p' });
  await migrate(url.href).catch(() => undefined);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const advice = async (): Promise<string[]> => {
    const said: string[] = [];
    await giveRights(client, (message) => said.push(message)).catch(() => undefined);
    return said;
  };
  // The run's other databases share the roles: what is left to do is to make the owner a member.
  const first = await advice();
  expect(first).toHaveLength(2);
  for (const words of first) {
    expect(words).toMatch(/^not allowed: (create role|grant) vip_membership_\w+/);
    await admin.query(words.slice('not allowed: '.length, words.indexOf(';')));
  }
  expect(await advice()).toEqual([]);
  await client.end();
  await admin.query(`reassign owned by ${owner} to current_user; drop owned by ${owner}; drop role ${owner}`);
  await admin.end();
});
