// Checks that the embedded PostgreSQL keeps its data through stops, kills and damaged starts, with real servers on
// folders of their own. It never looks at the server of the test run.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.js';

const settings = { fsync: 'off', shared_buffers: '16MB' };
const root = process.getuid?.() === 0;

let folder: string;
let servers: EmbeddedPostgres[];
let logged: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'billing-embedded-'));
  servers = [];
  logged = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataFolder = folder): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataFolder, settings, log: (line) => logged.push(line) });
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

async function writeOne(server: EmbeddedPostgres): Promise<void> {
  await server.createDatabase('billing');
  await query(server.url('billing'), 'create table kept as select 4999 as amount_minor');
}

function readOne(server: EmbeddedPostgres): Promise<unknown[]> {
  return query(server.url('billing'), 'select amount_minor from kept');
}

function postmasterPid(dataFolder = folder): number {
  return Number.parseInt(readFileSync(path.join(dataFolder, 'postgres/postmaster.pid'), 'utf8'), 10);
}

test('a stop and a start keep the data, the password and the settings', async () => {
  const first = await start();
  await writeOne(first);
  await first.createDatabase('billing');
  await first.stop();
  expect(existsSync(path.join(folder, 'postgres/postmaster.pid'))).toBe(false);
  await first.stop();

  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await readOne(second)).toEqual([4999]);
  const shown = [];
  for (const name of [
    'fsync',
    'max_connections',
    'shared_buffers',
    'timezone',
    'listen_addresses',
    'server_encoding',
  ]) {
    shown.push(...(await query(second.url('billing'), `show ${name}`)));
  }
  expect(shown).toEqual(['off', '200', '16MB', 'UTC', '127.0.0.1', 'UTF8']);
  expect(readdirSync(folder).sort()).toEqual(['postgres', 'postgres-password']);
  expect(statSync(path.join(folder, 'postgres-password')).mode & 0o777).toBe(0o600);
});

test('nobody enters without the password', async () => {
  const server = await start();
  const url = new URL(server.url('postgres'));
  url.password = 'guessed';
  await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

test('after kill -9 of PostgreSQL the next start recovers what was committed', async () => {
  await writeOne(await start());
  process.kill(postmasterPid(), 'SIGKILL');
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await readOne(second)).toEqual([4999]);
});

test('a living server is adopted, and stopped by the one who adopted it', async () => {
  const first = await start();
  await writeOne(first);
  const second = await start();
  expect(second).toMatchObject({ adopted: true, port: first.port });
  expect(await readOne(second)).toEqual([4999]);
  await second.stop();
  await expect(readOne(first)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('two first starts at once end with one server', async () => {
  const both = await Promise.all([start(), start()]);
  expect(both.map((server) => server.adopted).sort()).toEqual([false, true]);
  expect(both[0].url('postgres')).toBe(both[1].url('postgres'));
  expect(readdirSync(folder).sort()).toEqual(['postgres', 'postgres-password']);
});

test('what a crashed first start left behind is done anew, and damage is kept aside', async () => {
  mkdirSync(path.join(folder, '.postgres-init-999999999-abc/cluster'), { recursive: true });
  mkdirSync(path.join(folder, 'postgres'));
  writeFileSync(path.join(folder, 'postgres/PG_VERSION'), '18\n');
  const server = await start();
  expect(await query(server.url('postgres'), 'select 1')).toEqual([1]);
  const names = readdirSync(folder).map((name) => name.replace(/incomplete-[0-9a-f]+$/, 'incomplete'));
  expect(names.sort()).toEqual(['postgres', 'postgres-password', 'postgres.incomplete']);
  expect(logged.join()).toContain('was not a complete database folder');
});

test('a postmaster.pid whose process id now belongs to another program does not hold up the start', async () => {
  const first = await start();
  await writeOne(first);
  const file = path.join(folder, 'postgres/postmaster.pid');
  const left = readFileSync(file, 'utf8');
  await first.stop();
  writeFileSync(file, left.replace(/^\d+/, String(process.pid)));
  expect(await readOne(await start())).toEqual([4999]);
});

test('an error says what PostgreSQL said', async () => {
  const failed = startEmbeddedPostgres({ dataFolder: folder, settings: { fsync: 'off', shared_buffers: 'plenty' } });
  await expect(failed).rejects.toThrow(
    /does not start on [\s\S]*invalid value for parameter "shared_buffers": "plenty"/,
  );
});

test('a lost password file is named instead of locking everybody out', async () => {
  await (await start()).stop();
  rmSync(path.join(folder, 'postgres-password'));
  await expect(start()).rejects.toThrow(/password file .*postgres-password is gone/);
});

test('root may keep the data under a folder nobody else can enter', async () => {
  if (!root) {
    console.log('skipped: only root runs PostgreSQL as another user');
    return;
  }
  chmodSync(folder, 0o700);
  const dataFolder = path.join(folder, 'closed/data');
  let server: EmbeddedPostgres;
  try {
    server = await start(dataFolder);
  } catch (error) {
    console.log('no setpriv with capabilities here: the error has to name the folder');
    expect(String(error)).toContain(`cannot enter ${folder}.`);
    return;
  }
  await writeOne(server);
  expect(statSync(path.join(dataFolder, 'postgres')).uid).not.toBe(0);
  await server.stop();
  expect(await readOne(await start(dataFolder))).toEqual([4999]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
