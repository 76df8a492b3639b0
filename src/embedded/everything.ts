/**
 * The embedded default: brings what is missing (PostgreSQL, the sandbox gateway), migrates, and runs API and workers in
 * this process. Everything it keeps is under one data folder, and several can run side by side.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { createApi } from '../application.js';
import type { Config } from '../platform/config.js';
import { APP_ROLE } from '../platform/database/database-roles.js';
import { migrate } from '../platform/database/migrate.js';
import { serveOps } from '../platform/http/ops-server.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { freePort } from './free-port.js';
import { startEmbeddedPostgres } from './postgres.js';
import { requireRedis } from '../platform/preflight.js';
import { startSandboxProcess } from './sandbox-process.js';

export interface Running {
  apiUrl: string;
  /** Null where a real gateway is configured. */
  sandboxUrl: string | null;
  databaseUrl: string;
  stop(): Promise<void>;
}

type Stop = () => Promise<void>;

/** `sandboxEntry`: the file that starts the sandbox gateway. Throws with what is wrong when a part cannot start. */
export async function startEverything(config: Config, sandboxEntry: string): Promise<Running> {
  await refuseSecond(config.DATA_DIR);
  const stops: Stop[] = [];
  // One that cannot be stopped leaves none of the others running.
  const stop = async (): Promise<void> => {
    const failed: unknown[] = [];
    for (const stopOne of stops.splice(0).reverse()) await stopOne().catch((error: unknown) => failed.push(error));
    if (failed.length > 0) throw failed[0];
  };
  try {
    const databaseUrl = config.DATABASE_URL ?? (await bringDatabase(config.DATA_DIR, stops));
    await requireRedis(config);
    await migrate(databaseUrl);
    const port = config.PORT === 0 ? await freePort() : config.PORT;
    const apiUrl = `http://${config.HOST}:${port}`;
    const sandboxUrl = needsSandbox(config)
      ? await bringSandbox(config, databaseUrl, apiUrl, sandboxEntry, stops)
      : null;
    const complete = {
      ...config,
      DATABASE_URL: databaseUrl,
      DATABASE_ROLE: config.DATABASE_ROLE ?? (config.DATABASE_URL === undefined ? APP_ROLE : undefined),
      STRIPE_API_BASE: sandboxUrl ?? config.STRIPE_API_BASE,
    };
    const app = await createApi(
      Object.assign(Object.create(Object.getPrototypeOf(config) as object) as Config, complete),
    );
    stops.push(() => app.close());
    await app.init();
    await app.get(JobRunner).start();
    await app.listen(port, config.HOST).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE'
        ? new Error(`Port ${port} is taken. Set another PORT, or 0 for a free one.`)
        : error;
    });
    stops.push(await serveOps(app));
    const instance = path.join(config.DATA_DIR, 'instance.json');
    await writeFile(instance, JSON.stringify({ apiUrl, sandboxUrl, pid: process.pid }));
    stops.push(() => rm(instance, { force: true }));
    return { apiUrl, sandboxUrl, databaseUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function needsSandbox(config: Config): boolean {
  return config.STRIPE_API_KEY === undefined && config.STRIPE_API_BASE === undefined;
}

/** Two services on one data folder would share a database without knowing it. */
async function refuseSecond(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const kept = await readFile(path.join(dataDir, 'instance.json'), 'utf8').catch(() => null);
  if (kept === null) return;
  const { apiUrl } = JSON.parse(kept) as { apiUrl: string };
  const answers = await fetch(`${apiUrl}/health/live`, { signal: AbortSignal.timeout(1000) }).then(
    (response) => response.ok,
    () => false,
  );
  if (answers) throw new Error(`A service already runs on ${dataDir} at ${apiUrl}. Stop it, or set another DATA_DIR.`);
}

async function bringDatabase(dataDir: string, stops: Stop[]): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataFolder: path.resolve(dataDir) });
  stops.push(() => postgres.stop());
  await postgres.createDatabase('vip');
  return postgres.url('vip');
}

async function bringSandbox(
  config: Config,
  databaseUrl: string,
  apiUrl: string,
  entry: string,
  stops: Stop[],
): Promise<string> {
  const sandbox = await startSandboxProcess(entry, {
    SANDBOX_DATABASE_URL: await sandboxDatabase(databaseUrl),
    SANDBOX_PORT: String(config.SANDBOX_PORT),
    SANDBOX_HOST: config.HOST,
    SANDBOX_WEBHOOK_URL: `${apiUrl}/v1/webhooks/stripe`,
    SANDBOX_WEBHOOK_SECRET: config.STRIPE_WEBHOOK_SECRET,
  });
  stops.push(() => sandbox.stop());
  return sandbox.url;
}

/** Beside the service's own database, in the same server. */
async function sandboxDatabase(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  const name = `${url.pathname.slice(1)}_sandbox`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}
