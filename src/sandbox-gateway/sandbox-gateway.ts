/**
 * Owns: a stand-in for Stripe, its own database, its own webhooks. Does not own: anything of the billing service, which
 * it neither imports nor knows. Always true: what it answered is committed, and one idempotency key moves money once.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Clock, parseInstant } from './clock.js';
import type { GatewayOptions } from './config.js';
import { forgetOldAnswers } from './execute-once.js';
import { Faults } from './faults.js';
import { Later } from './later.js';
import { BUSINESS_TIME, sandboxApi } from './sandbox-api.js';
import { Store } from './store.js';
import { type Parts, stripeApi } from './stripe-api.js';
import { WebhookSender } from './webhook-sender.js';

export interface SandboxGateway {
  url: string;
  setWebhookUrl(url: string | undefined): void;
  close(): Promise<void>;
}

const FOLLOW_EVERY_MS = 1000;
const FORGET_EVERY_MS = 60 * 60 * 1000;
// Longer than any client keeps an idle connection: one closed by us under its next request would look like a fault.
const KEEP_ALIVE_MS = 120_000;

export async function createSandboxGateway(options: GatewayOptions): Promise<SandboxGateway> {
  const store = await Store.open(options.databaseUrl);
  const clock = new Clock();
  const frozen = parseInstant(await store.setting<string>(BUSINESS_TIME));
  if (frozen !== undefined) clock.setBusinessTime(frozen);
  const faults = await Faults.load(store);
  const webhooks = new WebhookSender(store, clock, faults, options.webhookSecret, options.webhookUrl);

  const host = options.host ?? '127.0.0.1';
  const later = new Later(store, clock, faults, webhooks);
  const server = application({ store, clock, faults, webhooks, later }).listen(options.port, host);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await once(server, 'listening');
  webhooks.start();
  // Only tidies up: an answer that is too old is ignored whether it is still there or not.
  const forgetting = setInterval(() => void forgetOldAnswers(store).catch(() => undefined), FORGET_EVERY_MS);
  forgetting.unref();
  const following = setInterval(() => void later.look(), FOLLOW_EVERY_MS);
  following.unref();

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    setWebhookUrl: (url) => webhooks.setUrl(url),
    close: async () => {
      clearInterval(forgetting);
      clearInterval(following);
      await later.look();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await webhooks.stop();
      await store.pool.end();
    },
  };
}

function application(parts: Parts): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Stripe's `created[gte]=…` and `expand[]=…`.
  app.set('query parser', 'extended');
  app.get('/health', (_, response) => {
    response.json({ status: 'up' });
  });
  app.use('/sandbox', sandboxApi(parts));
  app.use('/v1', stripeApi(parts));
  return app;
}
