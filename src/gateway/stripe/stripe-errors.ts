/**
 * What an exception of the SDK says about the money. A decline and a refusal are a no; where nobody listened, nothing was
 * consumed; everything else leaves the outcome unknown. `docs/GATEWAY.md` has the table.
 */
import Stripe from 'stripe';
import { SECOND_MS } from '../../domain/instant.js';
import { CHARGE_DISPUTED, METHOD_REJECTED, type Outcome, type Said } from '../outcome.js';
import { NotCarried } from './stripe-currencies.js';
import { AUTHENTICATION_REQUIRED, kindOfDecline, reasonOf, wantsMember } from './decline-codes.js';

const { errors } = Stripe;

/** The bank holds the payment back: nothing of it was returned, and nothing can be meanwhile. */
const DISPUTED_CODES = ['charge_disputed', 'charge_for_pending_refund_disputed'];
const METHOD_CODES = ['payment_method_unexpected_state', 'payment_method_invalid_parameter'];
const RESOURCE_MISSING = 'resource_missing';
const WITHOUT_CODE = 'request_refused';

export function saidBy(error: unknown): Said {
  const words = error instanceof Error ? error.message : String(error);
  if (!(error instanceof errors.StripeError)) return { requestId: null, status: null, words };
  return { requestId: error.requestId ?? null, status: error.statusCode ?? null, words };
}

export function readTrouble(error: unknown): Outcome {
  return { ...meaningOf(error), said: saidBy(error) };
}

/** Whether a no may come of a customer or a method that is no longer there: it names neither, or not why. */
export function mayBeGone(outcome: Outcome): outcome is Extract<Outcome, { kind: 'refused' | 'declined' }> {
  if (outcome.kind === 'declined') return outcome.code === METHOD_REJECTED;
  return outcome.kind === 'refused' && [RESOURCE_MISSING, WITHOUT_CODE].includes(outcome.code);
}

export function isMissing(error: unknown): boolean {
  return error instanceof errors.StripeError && (error.statusCode === 404 || error.code === RESOURCE_MISSING);
}

/** The SDK's classes follow the status alone: a 402 that is about no card is a refusal as well. */
function isRefusal(error: unknown): error is Stripe.errors.StripeError {
  const { statusCode = 0, rawType } = error instanceof errors.StripeError ? error : {};
  return rawType === 'invalid_request_error' && [400, 402, 404].includes(statusCode);
}

function meaningOf(error: unknown): Outcome {
  const { status, words } = saidBy(error);
  if (error instanceof NotCarried) return { kind: 'refused', gatewayId: null, code: 'amount_not_carried' };
  if (!(error instanceof errors.StripeError)) return { kind: 'unknown', detail: words };
  if (error instanceof errors.StripeIdempotencyError) {
    return { kind: 'contradicts', detail: `the reference was used for something else: ${words}` };
  }
  if (error.rawType === 'card_error') return readCardError(error);
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError) {
    return { kind: 'not_heard', because: 'locked_out', detail: words, retryAfterMs: null };
  }
  if ((error instanceof errors.StripeRateLimitError || status === 409) && !neverAgain(error)) {
    return { kind: 'not_heard', because: 'busy', detail: words, retryAfterMs: retryAfterMs(error) };
  }
  if (isRefusal(error)) return readRefusal(error);
  // Stripe keeps a 5xx under its key and repeats it for as long as it keeps the key.
  const stored = (status ?? 0) >= 500 || neverAgain(error) ? { sameAnswer: `${status} ${words}` } : {};
  return { kind: 'unknown', detail: words, ...stored };
}

/** Stripe says itself that the same again is of no use. */
function neverAgain({ headers }: Stripe.errors.StripeError): boolean {
  return headers?.['stripe-should-retry'] === 'false';
}

function readCardError(error: Stripe.errors.StripeError): Outcome {
  const payment = error.payment_intent ?? error.setup_intent;
  const gatewayId = payment?.id ?? null;
  // The same payment goes on as soon as the member has authenticated.
  const secret = payment?.client_secret ?? null;
  if (wantsMember(error) && gatewayId !== null && secret !== null) {
    return { kind: 'waiting_for_member', gatewayId, clientSecret: secret };
  }
  return { kind: 'declined', gatewayId, code: reasonOf(error), decline: kindOfDecline(error) };
}

function readRefusal(error: Stripe.errors.StripeError): Outcome {
  const { code = WITHOUT_CODE, param } = error;
  const gatewayId = error.payment_intent?.id ?? null;
  if (code === AUTHENTICATION_REQUIRED) return readCardError(error);
  if (DISPUTED_CODES.includes(code)) return { kind: 'refused', gatewayId: null, code: CHARGE_DISPUTED };
  // What was written or confirmed before the refusal is looked up by its reference.
  if (code === 'payment_intent_unexpected_state' || code === 'setup_intent_unexpected_state') {
    return { kind: 'unknown', detail: error.message };
  }
  if (param === 'payment_method' || METHOD_CODES.includes(code)) {
    return { kind: 'declined', gatewayId: null, code: METHOD_REJECTED, decline: 'hard' };
  }
  return { kind: 'refused', gatewayId, code };
}

function retryAfterMs({ headers }: Stripe.errors.StripeError): number | null {
  const seconds = Number(headers?.['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * SECOND_MS : null;
}
