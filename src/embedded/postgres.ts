// Decides which PostgreSQL server runs on a data folder: the one that lives there already, or a new one on a free port
// of this machine only. It never touches what is stored in it, and never lets the server die with the terminal.
import { mkdir, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { codeOf } from '../platform/error-code.js';
import { freePort } from './free-port.js';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.js';
import { findPostgresBinaries } from './postgres-binaries.js';
import { clusterPlace, ensureCluster, processExists, superuser } from './postgres-cluster.js';

export interface EmbeddedPostgresOptions {
  readonly dataFolder: string;
  readonly log?: (line: string) => void;
  /** PostgreSQL settings, added to ours or in their place; a server that is adopted keeps those it has. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  readonly port: number;
  /** True when the server was running already: left over from a killed process, or in use by a living one. */
  readonly adopted: boolean;
  url(database: string): string;
  createDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

interface Cluster {
  readonly folder: string;
  readonly account: PostgresAccount;
  readonly pgCtl: string;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

type Answer = 'ours' | 'another' | 'silent';

const startTimeoutMs = 120_000;
const logMaxBytes = 8_000_000;
const logTailBytes = 3_000;
const ourSettings = { max_connections: '200', shared_buffers: '128MB', timezone: 'UTC', log_timezone: 'UTC' };
// Lost races: with another start on the same folder, with the last processes of a killed server, for the port.
const worthAnotherTry =
  /lock file "postmaster.pid"|pre-existing shared memory block|could not bind|could not create any/i;

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const binaries = await findPostgresBinaries();
  await mkdir(options.dataFolder, { recursive: true });
  const place = clusterPlace(await realpath(options.dataFolder));
  const account = await choosePostgresAccount(place.dataFolder, place.clusterFolder, binaries.needed, log);
  const settings: Record<string, string> = { ...ourSettings, ...options.settings };
  const password = await ensureCluster(place, account, binaries.initdb, settings.fsync !== 'off', log);
  const cluster: Cluster = { folder: place.clusterFolder, account, pgCtl: binaries.pgCtl, password, settings };
  const { port, adopted } = await adoptOrStart(cluster);
  log(`PostgreSQL ${adopted ? 'found running' : 'started'} on 127.0.0.1:${port}, data in ${place.clusterFolder}`);
  return {
    port,
    adopted,
    url: (database) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    createDatabase: (name) => createDatabase(port, password, name),
    stop: () => stop(cluster),
  };
}

async function adoptOrStart(cluster: Cluster): Promise<{ port: number; adopted: boolean }> {
  const deadline = performance.now() + startTimeoutMs;
  for (;;) {
    const running = await findPostmaster(cluster.folder);
    let trouble = `its process ${running?.pid} does not answer on port ${running?.port ?? '(none yet)'}`;
    if (running?.port) {
      const answer = await ask(running.port, cluster);
      if (answer === 'ours') return { port: running.port, adopted: true };
      if (answer === 'another') throw new Error(strangerMessage(running.pid, running.port, cluster.folder));
    }
    if (!running) {
      const started = await tryStart(cluster);
      if ('port' in started) return { port: started.port, adopted: false };
      trouble = started.trouble;
    }
    if (performance.now() > deadline) {
      const tail = await readLog(cluster.folder, 0);
      throw new Error(`The PostgreSQL of ${cluster.folder} does not become ready: ${trouble}\n${tail}`);
    }
    await pause(100);
  }
}

function strangerMessage(pid: number, port: number, folder: string): string {
  return (
    `A PostgreSQL (process ${pid}) runs on ${folder} already, but what answers on its port ${port} refuses our password ` +
    `or keeps other data. Restore the password file beside that folder, or stop that process (kill -INT ${pid}).`
  );
}

async function tryStart(cluster: Cluster): Promise<{ port: number } | { trouble: string }> {
  const port = await freePort();
  const settings = {
    ...cluster.settings,
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  };
  const logFile = path.join(cluster.folder, 'server.log');
  const logStart = await boundLog(logFile);
  const { code, output } = await cluster.account.run(cluster.pgCtl, [
    ...['start', '-D', cluster.folder, '-l', logFile, '-w', '-t', String(startTimeoutMs / 1000)],
    ...['-o', Object.entries(settings).map(asShellOption).join(' ')],
  ]);
  if (code === 0) return { port };
  const trouble = `${output}\n${await readLog(cluster.folder, logStart)}`.trim();
  if (worthAnotherTry.test(trouble)) return { trouble };
  throw new Error(`PostgreSQL does not start on ${cluster.folder}:\n${trouble}`);
}

function asShellOption([name, value]: [string, string]): string {
  return `-c '${`${name}=${value}`.replaceAll("'", `'\\''`)}'`;
}

async function stop(cluster: Cluster): Promise<void> {
  if (!(await findPostmaster(cluster.folder))) return;
  const logStart = await sizeOf(path.join(cluster.folder, 'server.log'));
  const { code, output } = await cluster.account.run(cluster.pgCtl, [
    ...['stop', '-D', cluster.folder, '-m', 'fast', '-w', '-t', '60'],
  ]);
  // Somebody else may have stopped it in between.
  if (code === 0 || !(await findPostmaster(cluster.folder))) return;
  throw new Error(`PostgreSQL does not stop:\n${output}\n${await readLog(cluster.folder, logStart)}`);
}

/** The living server of the folder, if any; its port is absent until it has written it down. */
async function findPostmaster(folder: string): Promise<{ pid: number; port?: number } | undefined> {
  const file = path.join(folder, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !processExists(pid)) return undefined;
  if (await isPostmasterOf(pid, folder)) return { pid, ...(port > 0 && { port }) };
  // Process ids repeat after a restart, and a killed server nobody collects keeps its id: PostgreSQL would take either
  // for a living server and refuse to start.
  if ((await readFile(file, 'utf8').catch(() => '')) === text) await unlink(file).catch(() => undefined);
  return undefined;
}

async function isPostmasterOf(pid: number, folder: string): Promise<boolean> {
  // Without /proc the process id is all there is, and PostgreSQL's own check has the last word.
  if (process.platform !== 'linux') return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(folder);
}

async function ask(port: number, cluster: Cluster): Promise<Answer> {
  try {
    return await withClient(port, cluster.password, async (client) => {
      const { rows } = await client.query<{ data_directory: string }>('show data_directory');
      return rows[0]?.data_directory === cluster.folder ? 'ours' : 'another';
    });
  } catch (error) {
    // 28P01: a server that does not know our password.
    return codeOf(error) === '28P01' ? 'another' : 'silent';
  }
}

async function createDatabase(port: number, password: string, name: string): Promise<void> {
  await withClient(port, password, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await client.query(`create database ${client.escapeIdentifier(name)}`).catch((error: unknown) => {
      // Made by somebody else in between: 42P04 after they committed, 23505 at the same moment.
      if (['42P04', '23505'].includes(codeOf(error))) return;
      throw error;
    });
  });
}

async function withClient<T>(port: number, password: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    ...{ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' },
    ...{ ssl: false, connectionTimeoutMillis: 5_000 },
  });
  // A server that dies under an idle connection is seen by the next query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function boundLog(file: string): Promise<number> {
  const size = await sizeOf(file);
  if (size < logMaxBytes) return size;
  await rename(file, `${file}.1`);
  return 0;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function readLog(folder: string, from: number): Promise<string> {
  const file = path.join(folder, 'server.log');
  const start = Math.max(from, (await sizeOf(file)) - logTailBytes);
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return '(PostgreSQL wrote no log)';
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(logTailBytes), 0, logTailBytes, start);
    return `PostgreSQL's log ${file}:\n${buffer.toString('utf8', 0, bytesRead).trim() || '(empty)'}`;
  } finally {
    await handle.close();
  }
}
