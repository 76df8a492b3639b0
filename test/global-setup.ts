// Decides whether a test run needs PostgreSQL and starts one server for all its files, in a folder of its own. It never
// leaves the server or the folder behind, however the run ends short of kill -9.
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../src/embedded/postgres.js';

/** What is read of jest's own configuration of the run. */
interface RunConfig {
  readonly testPathPatterns: { readonly patterns: readonly string[] };
}

declare global {
  var testPostgres: { stop(): Promise<void> } | undefined;
}

// Losing a test database in a power failure costs nothing, and none lives long enough to be tidied up.
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  io_method: 'sync',
};
// A database costs hundreds of files: some disks need half a second to make them, memory a twentieth of that.
const inMemory = '/dev/shm';
const memoryNeededBytes = 8 * 2 ** 30;
// What `npm run test:fast` names: tests that need no database.
const withoutDatabase = /(^|\/)test\/(domain|architecture)/;
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export default async function globalSetup(globalConfig: RunConfig): Promise<void> {
  const { patterns } = globalConfig.testPathPatterns;
  if (patterns.length > 0 && patterns.every((pattern) => withoutDatabase.test(pattern))) return;
  const dataFolder = mkdtempSync(path.join(roomiest(), 'billing-test-'));
  const removeAtExit = (): void => removeNow(dataFolder);
  // Also the way out of --bail, which skips the teardown.
  process.once('exit', removeAtExit);
  const starting = start({ dataFolder, settings });
  const leave = (signal: keyof typeof exitCodes): void => {
    // A server that is half started cannot be found and killed yet.
    void starting.catch(() => undefined).then(() => process.exit(exitCodes[signal]));
  };
  const signals = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  signals.forEach((signal) => process.once(signal, leave));
  const server = await starting;
  process.env.TEST_POSTGRES_URL = server.url('postgres');
  globalThis.testPostgres = {
    async stop() {
      await server.stop();
      rmSync(dataFolder, { recursive: true, force: true });
      signals.forEach((signal) => process.off(signal, leave));
      process.off('exit', removeAtExit);
    },
  };
}

function roomiest(): string {
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize >= memoryNeededBytes ? inMemory : tmpdir();
  } catch {
    return tmpdir();
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  // Jest compiles what a global setup imports but does not apply moduleNameMapper to it: Node must find x.ts for x.js.
  const loader = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string };
  const original = loader._resolveFilename;
  loader._resolveFilename = (request, ...rest) => {
    const source = /^\.{1,2}\/.*\.js$/.test(request) ? request.replace(/\.js$/, '.ts') : request;
    try {
      return original.call(Module, source, ...rest);
    } catch {
      return original.call(Module, request, ...rest);
    }
  };
  try {
    const { startEmbeddedPostgres } = await import('../src/embedded/postgres.js');
    return await startEmbeddedPostgres(options);
  } finally {
    loader._resolveFilename = original;
  }
}

/** Synchronous, because nothing else runs while a process exits. */
function removeNow(dataFolder: string): void {
  const pid = postmasterOf(dataFolder);
  if (pid) {
    const alive = (): boolean => signal(pid, 0);
    signal(pid, 'SIGQUIT');
    for (let tries = 0; tries < 100 && alive(); tries += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
  rmSync(dataFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

function postmasterOf(dataFolder: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path.join(dataFolder, 'postgres', 'postmaster.pid'), 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
