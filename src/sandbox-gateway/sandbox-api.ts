/**
 * Decides what a test or a developer may ask of the sandbox beyond Stripe: its record of movements, its faults, its
 * clock, and what cardholders and their banks say. Real Stripe has none of these, so nothing in production may call them.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { parseInstant } from './clock.js';
import {
  answerDispute,
  closeDispute,
  createIssuerWarning,
  escalateDispute,
  openDispute,
  type DisputeEnd,
  type DisputeOrder,
} from './disputes.js';
import { executeOnce } from './execute-once.js';
import { parseFaults } from './faults.js';
import { authenticatePaymentIntent, finishPaymentIntent } from './payment-intents.js';
import { failRefund, succeedRefund } from './refunds.js';
import { authenticateSetupIntent } from './setup-intents.js';
import { entries, movement, report, REPORT_HEADER, type Span } from './settlement.js';
import type { StoredObject } from './store.js';
import type { Parts } from './stripe-api.js';
import { StripeFailure } from './stripe-errors.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

export const BUSINESS_TIME = 'business-time';

class Unprocessable extends Error {}

export function sandboxApi(parts: Parts): Router {
  const router = express.Router();
  router.use(express.json({ strict: false }));
  router.get('/movements', (request, response) => answerMovements(parts, request, response));
  router.get('/settlement.csv', (request, response) => streamSettlement(parts, request, response));
  router.get('/faults', (_, response) => {
    response.json(parts.faults.state);
  });
  router.put('/faults', async (request, response) => {
    const parsed = parseFaults(request.body);
    if (Array.isArray(parsed)) throw new Unprocessable(parsed.join('; '));
    await parts.faults.replace(parsed);
    response.json(parts.faults.state);
  });
  router.put('/clock', async (request, response) => {
    const now = parseInstant(field(request.body, 'now'));
    if (now === undefined) throw new Unprocessable('now must be an ISO 8601 instant');
    await parts.store.saveSetting(BUSINESS_TIME, now.toISOString());
    parts.clock.setBusinessTime(now);
    await parts.later.look();
    response.json({ now: now.toISOString() });
  });
  for (const [path, door] of DOORS) {
    router.post(path, (request, response) => pass(parts, door, request, response));
  }
  router.use(sendProblem);
  return router;
}

type Door = (id: string, body: unknown) => (unit: UnitOfWork) => Promise<StoredObject>;

/** What others than the merchant do: each is committed with its events, as a call of the merchant's is. */
const DOORS: [path: string, door: Door][] = [
  ['/payment_intents/:id/authenticate', (id, body) => outcome(body, id, authenticatePaymentIntent)],
  ['/payment_intents/:id/finish', (id, body) => outcome(body, id, finishPaymentIntent)],
  ['/setup_intents/:id/authenticate', (id, body) => outcome(body, id, authenticateSetupIntent)],
  ['/refunds/:id/failure', (id) => (unit) => failRefund(unit, id)],
  ['/refunds/:id/success', (id) => (unit) => succeedRefund(unit, id)],
  ['/disputes', (_, body) => (unit) => openDispute(unit, disputeOrder(body))],
  ['/payment_intents/:id/fraud_warning', (id) => (unit) => createIssuerWarning(unit, id)],
  ['/disputes/:id/escalation', (id) => (unit) => escalateDispute(unit, id)],
  ['/disputes/:id/answer', (id) => (unit) => answerDispute(unit, id)],
  ['/disputes/:id/closing', (id, body) => (unit) => closeDispute(unit, id, closing(body))],
];

async function answerMovements(parts: Parts, request: Request, response: Response): Promise<void> {
  const limit = digits(request.query['limit'], 'limit');
  const cursor = digits(request.query['cursor'], 'cursor');
  const data: Record<string, unknown>[] = [];
  let last: string | null = null;
  let more = false;
  for await (const entry of entries(parts.store, cursor === undefined ? {} : { afterSeq: cursor })) {
    more = limit !== undefined && data.length >= Number(limit);
    if (more) break;
    data.push(movement(entry));
    last = entry.seq;
  }
  response.json({ data, nextCursor: more ? last : null });
}

/** The first entry is read before the head is sent, so that a broken query is an error and not half a file. */
async function streamSettlement(parts: Parts, request: Request, response: Response): Promise<void> {
  const rest = entries(parts.store, spanOf(request));
  const first = await rest.next();
  response.type('text/csv');
  async function* lines(): AsyncGenerator<string> {
    yield REPORT_HEADER;
    if (first.done === true) return;
    yield report(first.value);
    for await (const entry of rest) yield report(entry);
  }
  try {
    await pipeline(Readable.from(lines()), response);
  } catch (error) {
    // Who asked has gone.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

function spanOf(request: Request): Span {
  const span: Span = {};
  for (const [name, bound] of [['from', 'fromSeconds'] as const, ['to', 'toSeconds'] as const]) {
    const text = request.query[name];
    if (text === undefined) continue;
    const instant = parseInstant(text);
    if (instant === undefined) throw new Unprocessable(`${name} must be an ISO 8601 instant`);
    span[bound] = Math.ceil(instant.getTime() / 1000);
  }
  return span;
}

async function pass(parts: Parts, door: Door, request: Request, response: Response): Promise<void> {
  const { faults, webhooks } = parts;
  const call = {
    now: parts.clock.businessSeconds(),
    requestId: newId('req'),
    key: undefined,
    delivery: { wanted: webhooks.wanted && !faults.state.dropWebhooks, delayMs: faults.state.webhookDelayMs },
    faults: { failRefund: false, pendingRefund: false, processing: false },
    subject: request.path,
  };
  const answer = await executeOnce(parts.store, call, door(String(request.params['id']), request.body));
  webhooks.wake();
  response.status(answer.status).type('json').send(answer.body);
}

function outcome(
  body: unknown,
  id: string,
  decide: (unit: UnitOfWork, id: string, succeed: boolean) => Promise<StoredObject>,
): ReturnType<Door> {
  const succeed = field(body, 'succeed');
  if (typeof succeed !== 'boolean') throw new Unprocessable('succeed must be a boolean');
  return (unit) => decide(unit, id, succeed);
}

function disputeOrder(body: unknown): DisputeOrder {
  const [paymentIntent, amount, reason] = ['paymentIntent', 'amount', 'reason'].map((name) => field(body, name));
  if (typeof paymentIntent !== 'string') throw new Unprocessable('paymentIntent must be an id');
  if (amount !== undefined && !(Number.isSafeInteger(amount) && Number(amount) > 0)) {
    throw new Unprocessable('amount must be minor units above zero');
  }
  if (reason !== undefined && typeof reason !== 'string') throw new Unprocessable('reason must be a text');
  const isInquiry = field(body, 'inquiry');
  if (isInquiry !== undefined && typeof isInquiry !== 'boolean') throw new Unprocessable('inquiry must be a boolean');
  return { paymentIntent, amountMinor: amount as number | undefined, reason, isInquiry: isInquiry ?? false };
}

function closing(body: unknown): DisputeEnd {
  const status = field(body, 'status');
  if (status === 'won' || status === 'lost' || status === 'warning_closed') return status;
  throw new Unprocessable('status must be won, lost or warning_closed');
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}

function digits(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return value;
  throw new Unprocessable(`${name} must be a number`);
}

function sendProblem(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StripeFailure) response.status(error.status).json({ error: error.body });
  else if (error instanceof Unprocessable) response.status(422).json({ error: message });
  else {
    const status = (error as { status?: unknown }).status;
    response.status(typeof status === 'number' ? status : 500).json({ error: message });
  }
}
