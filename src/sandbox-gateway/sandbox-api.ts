/**
 * Decides what a test or a developer may ask of the sandbox beyond Stripe: its record of movements, its faults, its
 * clock, and the cardholder's answer. Real Stripe has none of these, so nothing in production may call them.
 */
import { once } from 'node:events';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { parseInstant } from './clock.js';
import { executeOnce } from './execute-once.js';
import { parseFaults } from './faults.js';
import { authenticatePaymentIntent } from './payment-intents.js';
import { entries, movement, report, REPORT_HEADER, type Span } from './settlement.js';
import type { Parts } from './stripe-api.js';
import { StripeFailure } from './stripe-errors.js';
import { newId } from './unit-of-work.js';

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
    response.json({ now: now.toISOString() });
  });
  router.post('/payment_intents/:id/authenticate', (request, response) => authenticate(parts, request, response));
  router.use(sendProblem);
  return router;
}

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
  const lines = entries(parts.store, spanOf(request));
  let next = await lines.next();
  response.type('text/csv').write(REPORT_HEADER);
  for (; next.done !== true; next = await lines.next()) {
    if (!response.write(report(next.value))) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (response.destroyed) return;
  }
  response.end();
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

async function authenticate(parts: Parts, request: Request, response: Response): Promise<void> {
  const succeed = field(request.body, 'succeed');
  if (typeof succeed !== 'boolean') throw new Unprocessable('succeed must be a boolean');
  const { faults, webhooks } = parts;
  const call = {
    now: parts.clock.businessSeconds(),
    requestId: newId('req'),
    key: undefined,
    delivery: { wanted: webhooks.wanted && !faults.state.dropWebhooks, delayMs: faults.state.webhookDelayMs },
    failRefund: false,
    subject: request.path,
  };
  const id = String(request.params['id']);
  const answer = await executeOnce(parts.store, call, (unit) => authenticatePaymentIntent(unit, id, succeed));
  webhooks.wake();
  response.status(answer.status).type('json').send(answer.body);
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
