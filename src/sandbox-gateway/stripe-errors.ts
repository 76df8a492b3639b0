/**
 * Decides the shape and HTTP status of every refusal, as Stripe publishes them. `executed` says whether the endpoint had
 * begun: only then is the refusal kept under the idempotency key and what it wrote committed.
 */
import type Stripe from 'stripe';

export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  code?: string;
  decline_code?: string;
  advice_code?: string;
  message: string;
  param?: string;
  charge?: string;
  payment_intent?: Stripe.PaymentIntent;
  setup_intent?: Stripe.SetupIntent;
  payment_method?: Stripe.PaymentMethod;
}

export interface Decline {
  code: string;
  decline_code: string;
  advice_code?: string;
  message: string;
}

export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    readonly executed = false,
  ) {
    super(body.message);
  }
}

type Details = Omit<ErrorBody, 'type' | 'message'>;

export function invalidRequest(message: string, details: Details = {}): StripeFailure {
  return new StripeFailure(400, { type: 'invalid_request_error', message, ...details });
}

/** 404 for an object named by the path, 400 for one named by a parameter. */
export function noSuch(what: string, id: string, param?: string): StripeFailure {
  return new StripeFailure(param === undefined ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param: param ?? 'id',
  });
}

export function cardDeclined(decline: Decline, details: Details): StripeFailure {
  return new StripeFailure(402, { type: 'card_error', ...decline, ...details }, true);
}

export function unexpectedState(intent: Stripe.PaymentIntent, verb: string): StripeFailure {
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`;
  const details = { code: 'payment_intent_unexpected_state', payment_intent: intent };
  return new StripeFailure(400, { type: 'invalid_request_error', message, ...details }, true);
}

export function keyInUse(key: string): StripeFailure {
  return new StripeFailure(409, {
    type: 'invalid_request_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key: ${key}`,
  });
}

export function keyReused(key: string): StripeFailure {
  return new StripeFailure(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with: ${key}`,
  });
}

export function unknownParameters(names: string[]): StripeFailure {
  const listed = names.join(', ');
  const details = { code: 'parameter_unknown', param: names[0] ?? '' };
  return invalidRequest(`Received unknown parameter${names.length > 1 ? 's' : ''}: ${listed}`, details);
}

export function rateLimited(): StripeFailure {
  return new StripeFailure(429, { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests' });
}

/** `executed`: the endpoint had begun, and the error is kept under the key. */
export function serverError(message = 'An unknown error occurred', executed = false): StripeFailure {
  return new StripeFailure(500, { type: 'api_error', message }, executed);
}

export function unauthorized(): StripeFailure {
  return new StripeFailure(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' });
}

export function withoutPermission(): StripeFailure {
  const message = 'The provided key does not have the required permissions for this endpoint.';
  return new StripeFailure(403, { type: 'invalid_request_error', message });
}
