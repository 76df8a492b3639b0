/**
 * One whole service for a test file: API and workers in this process on a database of its own, a sandbox gateway over
 * HTTP, what is due performed in this process or through a queue, and business time that stands still until it is moved.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import pg from 'pg';
import { createApi } from '../../src/application.js';
import { Gateways, type PaymentGateway } from '../../src/gateway/payment-gateway.js';
import { Config } from '../../src/platform/config.js';
import { APP_ROLE } from '../../src/platform/database/database-roles.js';
import { JobRunner } from '../../src/platform/jobs/job-runner.js';
import { signToken } from '../../src/platform/http/signing-keys.js';
import { createSandboxGateway } from '../../src/sandbox-gateway/sandbox-gateway.js';
import { ApiClient } from './api-client.js';
import { createDatabase, dropDatabases } from './database.js';
import { migratedTemplate } from './migrated-template.js';
import { SandboxClient } from './sandbox-client.js';

export interface Service {
  api: ApiClient;
  sandbox: SandboxClient;
  database: pg.Pool;
  /** The gateway's own; no test reads it to judge, only to seed. */
  sandboxDatabaseUrl: string;
  config: Config;
  /** The running application, for what HTTP does not reach. */
  app: INestApplicationContext;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  startAt?: string;
  redisUrl?: string;
  /** False: the API alone, so that nothing is performed until a worker starts elsewhere. */
  worker?: boolean;
  /** True: jobs go through the queue, also where one process does it all; only the files about the queue need it. */
  queue?: boolean;
  config?: Partial<Config>;
  /** Takes the sandbox's place for new members; it is scripted in this process. */
  gateway?: PaymentGateway;
}

const SECRET = 'whsec_test';

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vip-test-'));
  const databaseUrl = await createDatabase('vip', await migratedTemplate());
  const sandboxDatabaseUrl = await createDatabase('sandbox');
  const gateway = await createSandboxGateway({
    databaseUrl: sandboxDatabaseUrl,
    port: 0,
    webhookSecret: SECRET,
  });
  const queued = options.queue === true || options.redisUrl !== undefined || options.worker === false;
  const config = Object.assign(new Config(), {
    NODE_ENV: 'test',
    PORT: 0,
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    DATABASE_ROLE: APP_ROLE,
    DATABASE_POOL_MAX: 6,
    REDIS_URL: options.redisUrl,
    STRIPE_API_BASE: gateway.url,
    STRIPE_WEBHOOK_SECRET: SECRET,
    GATEWAY_TIMEOUT_MS: 2000,
    POLL_EVERY_MS: 300,
    QUEUE: queued ? 'on' : 'off',
    TEST_CLOCK: 'on',
    TEST_CLOCK_START: options.startAt ?? '2026-03-01T10:00:00.000Z',
    LOG_LEVEL: 'error',
    ...options.config,
  });
  const app = await createApi(config);
  await app.init();
  if (options.gateway !== undefined) app.get(Gateways).prefer(options.gateway);
  if (options.worker !== false) await app.get(JobRunner).start();
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  gateway.setWebhookUrl(`${url}/v1/webhooks/stripe`);
  const database = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const sign = (scopes: string[], subject = 'tester'): Promise<string> =>
    signToken(dataDir, { scopes, subject, issuer: config.AUTH_ISSUER, audience: config.AUTH_AUDIENCE });
  return {
    api: new ApiClient(url, sign),
    sandbox: new SandboxClient(gateway.url),
    database,
    sandboxDatabaseUrl,
    config,
    app,
    stop: async () => {
      gateway.setWebhookUrl(undefined);
      await app.close();
      await gateway.close();
      await database.end();
      await dropDatabases();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
