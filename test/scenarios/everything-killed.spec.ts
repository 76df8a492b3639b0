/**
 * `kill -9` of the whole embedded service while 60 members renew, three times over, and a new start each time: nothing
 * is lost or doubled, by the gateway's own record.
 */
import { mkdtemp, rm, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { Config } from '../../src/platform/config.js';
import { signToken } from '../../src/platform/http/signing-keys.js';
import { ApiClient } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startProcess, type Process } from '../support/processes.js';
import { until } from '../support/until.js';
import { SandboxClient } from '../support/sandbox-client.js';

const MEMBERS = 40;
const START = '2026-03-01T10:00:00.000Z';
const TERM_END = '2027-03-01T10:00:00.000Z';

interface Instance {
  process: Process;
  api: ApiClient;
  sandbox: SandboxClient;
}

let dataDir: string;
let running: Instance;

async function start(): Promise<Instance> {
  const env = { PORT: '0', SANDBOX_PORT: '0', DATA_DIR: dataDir, TEST_CLOCK: 'on', TEST_CLOCK_START: START };
  const started = await startProcess('main', env, /A first subscription/);
  const { apiUrl, sandboxUrl } = JSON.parse(await readFile(path.join(dataDir, 'instance.json'), 'utf8')) as {
    apiUrl: string;
    sandboxUrl: string;
  };
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = new Config();
  const sign = (scopes: string[], subject = 'tester'): Promise<string> =>
    signToken(dataDir, { scopes, subject, issuer, audience });
  return { process: started, api: new ApiClient(apiUrl, sign), sandbox: new SandboxClient(sandboxUrl) };
}

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'vip-killed-'));
  running = await start();
});
afterAll(async () => {
  await running.process.kill('SIGTERM');
  await rm(dataDir, { recursive: true, force: true });
});

it('renews each member once through three kills and starts', async () => {
  for (let index = 0; index < MEMBERS; index += 20) {
    const batch = Array.from({ length: 20 }, (_, one) => running.api.subscribe(`member-${index + one}`));
    expect((await Promise.all(batch)).map((answer) => answer.body.status)).toEqual(Array(20).fill('active'));
  }
  for (const captures of [MEMBERS + 5, MEMBERS + 15, MEMBERS + 30]) {
    await running.sandbox.faults({ latencyMs: 150 });
    const renewal = running.api.clockTo(TERM_END).catch(() => 'cut off');
    await until(`${captures} captures`, async () => (await running.sandbox.movements()).length >= captures);
    await running.process.kill('SIGKILL');
    expect(await renewal).toBe('cut off');
    running = await start();
  }
  await running.sandbox.faults({});
  await running.api.clockTo('2027-03-01T11:00:00.000Z');

  const movements = await running.sandbox.movements();
  expect(movements).toHaveLength(2 * MEMBERS);
  expect(new Set(movements.map((movement) => movement.reference)).size).toBe(2 * MEMBERS);
  const list = await running.api.call<{ data: { status: string; currentTerm: { number: number } }[] }>(
    'GET',
    '/v1/subscriptions?limit=100',
  );
  expect(list.body.data).toHaveLength(MEMBERS);
  expect(list.body.data.every((one) => one.status === 'active' && one.currentTerm.number === 2)).toBe(true);
  expect(await auditEmbedded()).toEqual([]);
}, 180_000);

/** The embedded server's port and password are under the data folder. */
async function auditEmbedded(): Promise<string[]> {
  const lines = (await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const password = (await readFile(path.join(dataDir, 'postgres-password'), 'utf8')).trim();
  const database = new pg.Pool({
    host: '127.0.0.1',
    port: Number(lines[3]),
    user: 'postgres',
    password,
    database: 'vip',
    max: 2,
  });
  try {
    return await audit(database, running.sandbox);
  } finally {
    await database.end();
  }
}
