/**
 * Decides which of Stripe's routes exist and what may go wrong on the way to them. Every refusal leaves in Stripe's
 * shape; the faults strike before the endpoint (nothing happened) or after its commit (it did happen).
 */
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Clock } from './clock.js';
import { createCustomer, deleteCustomer, updateCustomer } from './customers.js';
import { type Answer, executeOnce } from './execute-once.js';
import type { Faults } from './faults.js';
import { Parameters } from './parameters.js';
import { cancelPaymentIntent, confirmPaymentIntent, createPaymentIntent } from './payment-intents.js';
import { POST_PARAMETERS, type PostName } from './known-parameters.js';
import { attachPaymentMethod, detachPaymentMethod } from './payment-methods.js';
import { cancelRefund, createRefund } from './refunds.js';
import { cancelSetupIntent, confirmSetupIntent, createSetupIntent } from './setup-intents.js';
import type { Later } from './later.js';
import type { Kind, Store, StoredObject } from './store.js';
import {
  invalidRequest,
  keyInUse,
  rateLimited,
  serverError,
  StripeFailure,
  unauthorized,
  withoutPermission,
} from './stripe-errors.js';
import { expanded, readList, readOne } from './stripe-reads.js';
import { newId, type UnitOfWork, type UnitSettings } from './unit-of-work.js';
import type { WebhookSender } from './webhook-sender.js';

export interface Parts {
  store: Store;
  clock: Clock;
  faults: Faults;
  webhooks: WebhookSender;
  later: Later;
}

const KEY_MAX = 255;

type Moves = 'payment' | 'refund' | 'setup' | 'nothing';
type Endpoint = (unit: UnitOfWork, parameters: Parameters, id: string) => StoredObject | Promise<StoredObject>;

interface Route {
  method?: 'delete';
  path: string;
  name: PostName;
  moves?: Moves;
  endpoint: Endpoint;
}

const ROUTES: Route[] = [
  { path: '/customers', name: 'createCustomer', endpoint: createCustomer },
  { path: '/customers/:id', name: 'updateCustomer', endpoint: updateCustomer },
  { path: '/customers/:id', name: 'deleteCustomer', endpoint: deleteCustomer, method: 'delete' },
  { path: '/payment_methods/:id/attach', name: 'attachMethod', endpoint: attachPaymentMethod },
  { path: '/payment_methods/:id/detach', name: 'detachMethod', endpoint: detachPaymentMethod },
  { path: '/setup_intents', name: 'createSetup', moves: 'setup', endpoint: createSetupIntent },
  { path: '/setup_intents/:id/confirm', name: 'confirmSetup', moves: 'setup', endpoint: confirmSetupIntent },
  { path: '/setup_intents/:id/cancel', name: 'cancelSetup', endpoint: cancelSetupIntent },
  { path: '/payment_intents', name: 'createPayment', moves: 'payment', endpoint: createPaymentIntent },
  { path: '/payment_intents/:id/confirm', name: 'confirmPayment', moves: 'payment', endpoint: confirmPaymentIntent },
  { path: '/payment_intents/:id/cancel', name: 'cancelPayment', endpoint: cancelPaymentIntent },
  { path: '/refunds', name: 'createRefund', moves: 'refund', endpoint: createRefund },
  { path: '/refunds/:id/cancel', name: 'cancelRefund', endpoint: cancelRefund },
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
  ['/radar/early_fraud_warnings', 'radar.early_fraud_warning'],
];

export function stripeApi(parts: Parts): Router {
  const router = express.Router();
  router.use((request, response, next) => admit(parts, request, response, next));
  router.use(express.urlencoded({ extended: true, limit: '1mb', parameterLimit: 10_000 }));
  for (const route of ROUTES) {
    router[route.method ?? 'post'](route.path, (request, response) => answerPost(parts, route, request, response));
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
  const { latencyMs, unavailable, unauthorized: lockedOut, forbidden } = parts.faults.state;
  if (lockedOut || !KEY.test(keyOf(request))) throw unauthorized();
  if (forbidden) throw withoutPermission();
  if (unavailable) throw new StripeFailure(503, { type: 'api_error', message: 'Service unavailable' });
  if (latencyMs === 0) next();
  else setTimeout(next, latencyMs);
}

const KEY = /^(sk|rk)_\S+$/;

/** As a bearer, or as the user of Basic authentication. */
function keyOf(request: Request): string {
  const [scheme = '', credentials = ''] = (request.get('authorization') ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  return Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? '';
}

async function answerPost(parts: Parts, route: Route, request: Request, response: Response): Promise<void> {
  const { faults } = parts;
  const { moves = 'nothing' } = route;
  if (moves !== 'nothing' && (await faults.take('timeoutBeforeCapture'))) return fallSilent(parts, response);
  const movesMoney = moves === 'payment' || moves === 'refund';
  if (movesMoney) await refuseByFault(faults, request);
  const struck = {
    failRefund: moves === 'refund' && (await faults.take('failRefunds')),
    pendingRefund: moves === 'refund' && (await faults.take('pendingRefunds')),
    processing: moves === 'payment' && (await faults.take('processingPayments')),
  };
  const storedError = movesMoney && (await faults.take('storedErrors'));
  const answer = await execute(
    parts,
    storedError ? { ...route, endpoint: breakDown } : route,
    request,
    response,
    struck,
  );
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

/** Begins, and breaks: the answer is kept under the key for as long as the key is. */
function breakDown(): never {
  throw serverError('An error occurred internally with Stripe.', true);
}

async function execute(
  parts: Parts,
  { name, endpoint }: Route,
  request: Request,
  response: Response,
  struck: UnitSettings['faults'],
): Promise<Answer> {
  const { clock, faults, store, webhooks } = parts;
  const parameters = new Parameters((request.body ?? {}) as Record<string, unknown>).only(parametersOf(name));
  const key = request.get('idempotency-key') || undefined;
  if ((key?.length ?? 0) > KEY_MAX) throw invalidRequest(`Idempotency keys can have up to ${KEY_MAX} characters.`);
  const id = request.params['id'];
  const settings = {
    now: clock.businessSeconds(),
    requestId: String(response.getHeader('Request-Id')),
    key,
    delivery: { wanted: webhooks.wanted && !faults.state.dropWebhooks, delayMs: faults.state.webhookDelayMs },
    faults: struck,
    subject: `${request.path} ${parameters.canonical()}`,
  };
  return executeOnce(store, settings, async (unit) => {
    const object = await endpoint(unit, parameters, typeof id === 'string' ? id : '');
    return expanded(unit, object, parameters.words('expand'));
  });
}

function parametersOf(name: PostName): readonly string[] {
  return POST_PARAMETERS[name];
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
