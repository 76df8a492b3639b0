/**
 * Decides which of Stripe's routes exist and what may go wrong on the way to them. Every refusal leaves in Stripe's
 * shape; the faults strike before the endpoint (nothing happened) or after its commit (it did happen).
 */
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Clock } from './clock.js';
import { createCustomer } from './customers.js';
import { type Answer, executeOnce } from './execute-once.js';
import type { Faults } from './faults.js';
import { Parameters } from './parameters.js';
import { cancelPaymentIntent, confirmPaymentIntent, createPaymentIntent } from './payment-intents.js';
import { attachPaymentMethod } from './payment-methods.js';
import { createRefund } from './refunds.js';
import { cancelSetupIntent, createSetupIntent } from './setup-intents.js';
import type { Kind, Store, StoredObject } from './store.js';
import { keyInUse, rateLimited, serverError, StripeFailure, unauthorized } from './stripe-errors.js';
import { expanded, readList, readOne } from './stripe-reads.js';
import { newId, type UnitOfWork } from './unit-of-work.js';
import type { WebhookSender } from './webhook-sender.js';

export interface Parts {
  store: Store;
  clock: Clock;
  faults: Faults;
  webhooks: WebhookSender;
}

type Moves = 'payment' | 'refund' | 'setup' | 'nothing';
type Endpoint = (unit: UnitOfWork, parameters: Parameters, id: string) => StoredObject | Promise<StoredObject>;

const POSTS: [path: string, moves: Moves, endpoint: Endpoint][] = [
  ['/customers', 'nothing', createCustomer],
  ['/payment_methods/:id/attach', 'nothing', attachPaymentMethod],
  ['/setup_intents', 'setup', createSetupIntent],
  ['/setup_intents/:id/cancel', 'nothing', cancelSetupIntent],
  ['/payment_intents', 'payment', createPaymentIntent],
  ['/payment_intents/:id/confirm', 'payment', confirmPaymentIntent],
  ['/payment_intents/:id/cancel', 'nothing', cancelPaymentIntent],
  ['/refunds', 'refund', createRefund],
];

const READS: [path: string, kind: Kind][] = [
  ['/customers', 'customer'],
  ['/payment_methods', 'payment_method'],
  ['/setup_intents', 'setup_intent'],
  ['/payment_intents', 'payment_intent'],
  ['/charges', 'charge'],
  ['/refunds', 'refund'],
  ['/disputes', 'dispute'],
  ['/balance_transactions', 'balance_transaction'],
  ['/events', 'event'],
];

export function stripeApi(parts: Parts): Router {
  const router = express.Router();
  router.use((request, response, next) => admit(parts, request, response, next));
  router.use(express.urlencoded({ extended: true, limit: '1mb', parameterLimit: 10_000 }));
  for (const [path, moves, endpoint] of POSTS) {
    router.post(path, (request, response) => answerPost(parts, moves, endpoint, request, response));
  }
  for (const [path, kind] of READS) {
    router.get(path, async (request, response) => {
      response.json(await readList(parts.store, kind, `/v1${path}`, new Parameters(request.query)));
    });
    router.get(`${path}/:id`, async (request, response) => {
      response.json(await readOne(parts.store, kind, request.params.id, new Parameters(request.query)));
    });
  }
  router.use((request) => {
    const message = `Unrecognized request URL (${request.method}: ${request.originalUrl})`;
    throw new StripeFailure(404, { type: 'invalid_request_error', message });
  });
  router.use(sendFailure);
  return router;
}

function admit(parts: Parts, request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Request-Id', newId('req'));
  if (!/^Bearer sk_\S+$/.test(request.get('authorization') ?? '')) throw unauthorized();
  const { latencyMs, unavailable } = parts.faults.state;
  if (unavailable) throw new StripeFailure(503, { type: 'api_error', message: 'Service unavailable' });
  if (latencyMs === 0) next();
  else setTimeout(next, latencyMs);
}

async function answerPost(
  parts: Parts,
  moves: Moves,
  endpoint: Endpoint,
  request: Request,
  response: Response,
): Promise<void> {
  const { faults } = parts;
  if (moves !== 'nothing' && (await faults.take('timeoutBeforeCapture'))) return fallSilent(parts, response);
  const movesMoney = moves === 'payment' || moves === 'refund';
  if (movesMoney) await refuseByFault(faults, request);
  const failRefund = moves === 'refund' && (await faults.take('failRefunds'));
  const answer = await execute(parts, endpoint, request, response, failRefund);
  parts.webhooks.wake();
  if (moves !== 'nothing' && (await faults.take('captureThenTimeout'))) return fallSilent(parts, response);
  if (movesMoney && ((await faults.take('garbage')) || faults.strikes('garbageRate'))) {
    response.status(200).type('json').send('{"id": "pi_\u0000<html>Bad Gateway');
    return;
  }
  const wrong = moves === 'payment' && (await faults.take('wrongAmount'));
  if (answer.replayed) response.setHeader('Idempotent-Replayed', 'true');
  response
    .status(answer.status)
    .type('json')
    .send(wrong ? wrongAmount(answer.body) : answer.body);
}

async function execute(
  parts: Parts,
  endpoint: Endpoint,
  request: Request,
  response: Response,
  failRefund: boolean,
): Promise<Answer> {
  const { clock, faults, store, webhooks } = parts;
  const parameters = new Parameters((request.body ?? {}) as Record<string, unknown>);
  const id = request.params['id'];
  const settings = {
    now: clock.businessSeconds(),
    requestId: String(response.getHeader('Request-Id')),
    key: request.get('idempotency-key') || undefined,
    delivery: { wanted: webhooks.wanted && !faults.state.dropWebhooks, delayMs: faults.state.webhookDelayMs },
    failRefund,
    subject: `${request.path} ${parameters.canonical()}`,
  };
  return executeOnce(store, settings, async (unit) => {
    const object = await endpoint(unit, parameters, typeof id === 'string' ? id : '');
    return expanded(unit, object, parameters.words('expand'));
  });
}

/** Before the endpoint: nothing happens and the idempotency key stays free. */
async function refuseByFault(faults: Faults, request: Request): Promise<void> {
  if (await faults.take('rateLimit')) throw rateLimited();
  if (await faults.take('conflicts')) throw keyInUse(request.get('idempotency-key') ?? '');
  if ((await faults.take('serverErrors')) || faults.strikes('serverErrorRate')) throw serverError();
}

/**
 * The body never comes. A connection closed without one byte would be tried again by the SDK at once, whatever its
 * `maxNetworkRetries`, and the caller would see the replay instead of the fault; after a head it is not.
 */
function fallSilent(parts: Parts, response: Response): void {
  setTimeout(() => {
    response.writeHead(504, { 'Content-Type': 'application/json', 'Content-Length': 2 });
    response.flushHeaders();
    response.socket?.destroySoon();
  }, parts.faults.state.hangMs).unref();
}

function wrongAmount(body: string): string {
  const intent = JSON.parse(body) as { status?: string; amount_received?: number };
  if (intent.status !== 'succeeded' || intent.amount_received === undefined) return body;
  return JSON.stringify({ ...intent, amount_received: intent.amount_received + 1 });
}

function sendFailure(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error);
  const failure = error instanceof StripeFailure ? error : unexpected(error);
  response.status(failure.status).json({ error: failure.body });
}

function unexpected(error: unknown): StripeFailure {
  const status = (error as { status?: unknown }).status;
  const message = error instanceof Error ? error.message : String(error);
  if (typeof status === 'number' && status < 500) {
    return new StripeFailure(status, { type: 'invalid_request_error', message });
  }
  return serverError(message);
}
