/** The commands of finance: against a database alone, and against the embedded one of an instance, running or not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { addBooksCommands } from '../../src/cli/books-commands.js';
import { addDatabaseCommands } from '../../src/cli/database-commands.js';
import { addReportCommands } from '../../src/cli/report-commands.js';
import { addTokenCommand } from '../../src/cli/token-command.js';
import { startProcess, type Process } from '../support/processes.js';
import { startService, type Service } from '../support/service.js';

const ROOT = path.resolve(__dirname, '../..');

interface Ended {
  code: number;
  output: string;
  errors: string;
}

async function run(env: Record<string, string>, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/src/cli.js'), ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output, errors };
}

describe('against DATABASE_URL', () => {
  let service: Service;
  let env: Record<string, string>;
  beforeAll(async () => {
    service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
    const { api } = service;
    const { id } = (await api.subscribe('m1', {}, { waitSeconds: 30 })).body;
    await api.subscribe('m2', { country: 'JP', residenceCountry: 'JP' }, { waitSeconds: 30 });
    await api.clockTo('2026-05-02T00:00:00.000Z');
    await api.cancel(id, {}, { waitSeconds: 30 });
    env = { DATABASE_URL: service.config.DATABASE_URL!, DATABASE_ROLE: 'vip_membership_app' };
  });
  afterAll(() => service.stop());

  it('closes a month with every earlier one, tells how far it is, and does nothing when asked again', async () => {
    const closed = await run(env, 'close-month', '2026-04', '--by', 'anna');
    expect(closed).toMatchObject({ code: 0, output: '2026-04 is closed: 1 terms, 2 entries\n' });
    expect(closed.errors).toBe('2026-03: 1 of 1 fees, 2 entries\n2026-04: 1 of 1 fees, 2 entries\n');
    const { rows } = await service.database.query(
      'select month, status, requested_by as by from month_closes order by 1',
    );
    expect(rows).toEqual([
      { month: '2026-03', status: 'done', by: 'anna' },
      { month: '2026-04', status: 'done', by: 'anna' },
    ]);
    const again = await run(env, 'close-month', '2026-04');
    expect(again).toMatchObject({ code: 0, errors: '', output: closed.output });
    const early = await run(env, 'close-month', '2026-05');
    expect(early).toMatchObject({ code: 1, errors: expect.stringContaining('2026-05 is not over') });
    expect(await run(env, 'close-month', 'May')).toMatchObject({ code: 1, errors: expect.stringContaining('2027-11') });
  });

  it('prints each report as the API tells it, in three formats', async () => {
    const path = '/v1/reports/deferred-revenue?from=2026-03&to=2026-05&currency=JPY';
    const told = await service.api.call<{ rows: object[] }>('GET', path, undefined, { scope: 'finance' });
    const asked = ['report', 'deferred-revenue', '--from', '2026-03', '--to', '2026-05', '--currency', 'JPY'];
    const json = await run(env, ...asked, '--format', 'json');
    expect(JSON.parse(json.output)).toEqual(told.body.rows);
    expect(told.body.rows).toHaveLength(3);
    const csv = await run(env, ...asked, '--format', 'csv');
    expect(csv.output.split('\n')[0]).toMatch(/^month,entity,currency,opening,/);
    expect(csv.output.trimEnd().split('\n')).toHaveLength(4);
    const table = await run(env, ...asked);
    expect(table.output.split('\n')[0]).toMatch(/^month +entity +currency +opening/);
    for (const { code, errors } of [json, csv, table]) expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });

  it.each([
    ['trial-balance', ['--as-of', '2026-03-01T10:00:00.000Z'], 6],
    ['entries', ['--account', 'tax_payable'], 3],
    ['revenue', ['--from', '2026-03', '--to', '2026-05'], 5],
    ['refunds', ['--from', '2026-05', '--to', '2026-05'], 1],
    ['membership', ['--from', '2026-03-01', '--to', '2026-03-31'], 10],
  ])('report %s %j', async (name, options, lines) => {
    const { code, output, errors } = await run(env, 'report', name, ...options, '--format', 'csv');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output.trimEnd().split('\n')).toHaveLength(lines + 1);
  });

  it.each([
    [['report', 'membership'], '--from'],
    [['report', 'trial-balance', '--as-of', 'now'], '--as-of'],
    [['report', 'nothing'], 'nothing'],
  ])('%j is refused and says what is wrong', async (args, named) => {
    expect(await run(env, ...args)).toMatchObject({ code: 1, output: '', errors: expect.stringContaining(named) });
  });

  it('says what to do when the database cannot be used', async () => {
    const nowhere = new URL(env.DATABASE_URL!);
    nowhere.pathname = '/nowhere';
    expect(await run({ DATABASE_URL: nowhere.href }, 'report', 'revenue')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('/nowhere cannot be used'),
    });
    const empty = new URL(env.DATABASE_URL!);
    empty.pathname = '/postgres';
    expect(await run({ DATABASE_URL: empty.href }, 'report', 'revenue')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('npm run migrate'),
    });
  });
});

it('each command explains itself', () => {
  const program = new Command('vip-membership');
  for (const add of [addDatabaseCommands, addTokenCommand, addReportCommands, addBooksCommands]) add(program);
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  expect(all.map((command) => command.name())).toEqual(expect.arrayContaining(['migrate', 'token', 'entries']));
  for (const command of all)
    expect(command.helpInformation()).toMatch(/^Usage: vip-membership [\s\S]+\n\n\S[\s\S]+\n\n(Arg|Opt)/);
});

describe('against the embedded database', () => {
  it('finds it running or not, leaves a running one alone, and stops the one it started', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'vip-command-'));
    const env = { DATA_DIR: dataDir };
    const nothing = await run(env, 'check:books');
    expect(nothing).toMatchObject({ code: 2, errors: expect.stringContaining(`DATA_DIR=${dataDir}`) });
    let instance: Process | null = null;
    try {
      instance = await startProcess('main', { ...env, PORT: '0', LOG_LEVEL: 'error' }, /is ready/);
      expect(await run(env, 'report', 'trial-balance', '--format', 'json')).toMatchObject({ code: 0, output: '[]\n' });
      const url = /API +(\S+)/.exec(instance.output.join(''))?.[1] ?? '';
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      await instance.kill('SIGTERM');
      instance = null;
      expect(await isRunning(dataDir)).toBe(false);
      expect(await run(env, 'check:books')).toMatchObject({ code: 0 });
      expect(await isRunning(dataDir)).toBe(false);
    } finally {
      await instance?.kill('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    }
  }, 120_000);

  function isRunning(dataDir: string): Promise<boolean> {
    return access(path.join(dataDir, 'postgres', 'postmaster.pid')).then(
      () => true,
      () => false,
    );
  }
});
