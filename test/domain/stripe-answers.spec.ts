/**
 * What Stripe's published answers mean in our words: every error type with its codes, every status of its objects, declines
 * with the issuer's and the network's advice. Bodies are as docs.stripe.com and its SDK's own types have them.
 */
import Stripe from 'stripe';
import {
  readDispute,
  readPayment,
  readRefund,
  readReturned,
  readSetup,
  statusOfDispute,
} from '../../src/gateway/stripe/stripe-answers.js';
import { kindOfDecline } from '../../src/gateway/stripe/decline-codes.js';
import { mayBeGone, readTrouble } from '../../src/gateway/stripe/stripe-errors.js';

const EUR = { amountMinor: 4999, currency: 'EUR' };

function errorOf(statusCode: number, raw: object, headers: Record<string, string> = {}): unknown {
  return Stripe.errors.StripeError.generate({
    statusCode,
    headers,
    requestId: 'req_1',
    message: 'words',
    ...raw,
  });
}

describe('an error', () => {
  const card = { type: 'card_error' };
  const invalid = { type: 'invalid_request_error' };
  it.each<[what: string, error: unknown, outcome: object]>([
    [
      'generic decline',
      errorOf(402, { ...card, code: 'card_declined', decline_code: 'generic_decline', advice_code: 'try_again_later' }),
      { kind: 'declined', decline: 'soft', code: 'generic_decline' },
    ],
    [
      'stolen card',
      errorOf(402, { ...card, code: 'card_declined', decline_code: 'stolen_card', advice_code: 'do_not_try_again' }),
      { kind: 'declined', decline: 'hard', code: 'stolen_card' },
    ],
    [
      'advice not to try again',
      errorOf(402, { ...card, code: 'card_declined', decline_code: 'do_not_honor', advice_code: 'do_not_try_again' }),
      { kind: 'declined', decline: 'hard', code: 'do_not_honor' },
    ],
    [
      'advice to confirm the data',
      errorOf(402, { ...card, code: 'incorrect_cvc', decline_code: 'incorrect_cvc', advice_code: 'confirm_card_data' }),
      { kind: 'declined', decline: 'hard' },
    ],
    [
      'the network says never',
      errorOf(402, { ...card, code: 'card_declined', decline_code: 'do_not_honor', network_advice_code: '03' }),
      { kind: 'declined', decline: 'hard' },
    ],
    [
      'authentication, with a payment',
      errorOf(402, {
        ...card,
        code: 'authentication_required',
        decline_code: 'authentication_required',
        payment_intent: { id: 'pi_1', client_secret: 's' },
      }),
      { kind: 'waiting_for_member', gatewayId: 'pi_1', clientSecret: 's' },
    ],
    [
      'authentication, without one',
      errorOf(402, { ...card, code: 'authentication_required' }),
      { kind: 'declined', decline: 'authentication' },
    ],
    [
      'an amount that is too small',
      errorOf(400, { ...invalid, code: 'amount_too_small', param: 'amount' }),
      { kind: 'refused', code: 'amount_too_small' },
    ],
    ['an invalid request of status 402', errorOf(402, { ...invalid }), { kind: 'refused', code: 'request_refused' }],
    [
      'a refund of more than is left',
      errorOf(400, { ...invalid, param: 'amount' }),
      { kind: 'refused', code: 'request_refused' },
    ],
    [
      'a refund that was made already',
      errorOf(400, { ...invalid, code: 'charge_already_refunded' }),
      { kind: 'refused', code: 'charge_already_refunded' },
    ],
    [
      'a disputed payment',
      errorOf(400, { ...invalid, code: 'charge_disputed' }),
      { kind: 'refused', code: 'charge_disputed' },
    ],
    [
      'a refund that waited, and whose payment is disputed',
      errorOf(400, { ...invalid, code: 'charge_for_pending_refund_disputed' }),
      { kind: 'refused', code: 'charge_disputed' },
    ],
    [
      'no such customer',
      errorOf(400, { ...invalid, code: 'resource_missing', param: 'customer' }),
      { kind: 'refused', code: 'resource_missing' },
    ],
    [
      'no such method',
      errorOf(400, { ...invalid, code: 'resource_missing', param: 'payment_method' }),
      { kind: 'declined', decline: 'hard', code: 'payment_method_rejected' },
    ],
    [
      'another state than thought',
      errorOf(400, { ...invalid, code: 'payment_intent_unexpected_state' }),
      { kind: 'unknown' },
    ],
    ['a key used for something else', errorOf(400, { type: 'idempotency_error' }), { kind: 'contradicts' }],
    [
      'a key in use',
      errorOf(409, { ...invalid, code: 'idempotency_key_in_use' }),
      { kind: 'not_heard', because: 'busy' },
    ],
    [
      'too many requests',
      errorOf(429, { ...invalid, code: 'rate_limit' }, { 'retry-after': '3' }),
      { kind: 'not_heard', because: 'busy', retryAfterMs: 3000 },
    ],
    [
      'a lock',
      errorOf(429, { ...invalid, code: 'lock_timeout' }),
      { kind: 'not_heard', because: 'busy', retryAfterMs: null },
    ],
    [
      'a conflict that Stripe says is no use to repeat',
      errorOf(409, { ...invalid, code: 'lock_timeout' }, { 'stripe-should-retry': 'false' }),
      { kind: 'unknown', sameAnswer: '409 words' },
    ],
    ['a bad key', errorOf(401, { ...invalid }), { kind: 'not_heard', because: 'locked_out' }],
    ['a key without the right', errorOf(403, { ...invalid }), { kind: 'not_heard', because: 'locked_out' }],
    ['a fault of Stripe', errorOf(500, { type: 'api_error' }), { kind: 'unknown', sameAnswer: '500 words' }],
    ['a dependency of Stripe', errorOf(424, { type: 'api_error' }), { kind: 'unknown' }],
    ['a service that is away', errorOf(503, { type: 'api_error' }), { kind: 'unknown', sameAnswer: '503 words' }],
    [
      'no connection',
      new Stripe.errors.StripeConnectionError({ message: 'reset' }),
      { kind: 'unknown', detail: 'reset' },
    ],
    [
      'no JSON',
      new Stripe.errors.StripeAPIError({ message: 'Invalid JSON' }),
      { kind: 'unknown', detail: 'Invalid JSON' },
    ],
    ['anything else', new Error('bug'), { kind: 'unknown', detail: 'bug' }],
  ])('%s', (_, error, outcome) => {
    expect(readTrouble(error)).toMatchObject(outcome);
  });

  it('keeps the words of Stripe and its name of the call', () => {
    expect(readTrouble(errorOf(400, { type: 'invalid_request_error', code: 'no' })).said).toEqual({
      requestId: 'req_1',
      status: 400,
      words: 'words',
    });
  });

  it.each([
    [errorOf(400, { type: 'invalid_request_error', code: 'resource_missing' }), true],
    [errorOf(400, { type: 'invalid_request_error' }), true],
    [errorOf(400, { type: 'invalid_request_error', code: 'amount_too_small' }), false],
    [errorOf(402, { type: 'card_error', code: 'card_declined' }), false],
    [errorOf(500, { type: 'api_error' }), false],
  ])('%# may come of what is gone: %s', (error, gone) => {
    expect(mayBeGone(readTrouble(error))).toBe(gone);
  });
});

describe('a decline code', () => {
  it.each([
    ['authentication_required', 'authentication'],
    ...['highest_risk_level', 'incorrect_number', 'lost_card', 'pickup_card', 'stolen_card'].map((code) => [
      code,
      'hard',
    ]),
    ...['revocation_of_authorization', 'revocation_of_all_authorizations', 'transaction_not_allowed'].map((code) => [
      code,
      'hard',
    ]),
    ...['restricted_card', 'fraudulent', 'expired_card', 'invalid_account', 'stop_payment_order'].map((code) => [
      code,
      'hard',
    ]),
    ...['insufficient_funds', 'card_declined', 'generic_decline', 'try_again_later', 'processing_error'].map((code) => [
      code,
      'soft',
    ]),
    ...['do_not_honor', 'STOLEN_CARD', 'never heard of', ''].map((code) => [code, 'soft']),
  ])('%j is %s', (code, kind) => {
    expect(kindOfDecline({ code: 'card_declined', decline_code: code })).toBe(kind);
  });
});

describe('a payment', () => {
  const payment = (over: object): Stripe.PaymentIntent =>
    ({
      id: 'pi_1',
      client_secret: 's',
      currency: 'eur',
      amount_received: 4999,
      payment_method: null,
      last_payment_error: null,
      ...over,
    }) as never;
  it.each<[over: object, outcome: object]>([
    [{ status: 'succeeded' }, { kind: 'succeeded', gatewayId: 'pi_1' }],
    [{ status: 'succeeded', amount_received: 5000 }, { kind: 'contradicts' }],
    [{ status: 'succeeded', currency: 'usd' }, { kind: 'contradicts' }],
    [{ status: 'processing' }, { kind: 'processing' }],
    [{ status: 'requires_action' }, { kind: 'waiting_for_member', clientSecret: 's' }],
    [{ status: 'canceled' }, { kind: 'withdrawn' }],
    [
      { status: 'canceled', last_payment_error: { code: 'card_declined', decline_code: 'lost_card' } },
      { kind: 'declined', decline: 'hard' },
    ],
    [
      { status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } },
      { kind: 'declined', decline: 'soft' },
    ],
    [
      {
        status: 'requires_payment_method',
        last_payment_error: { code: 'card_declined', advice_code: 'do_not_try_again' },
      },
      { kind: 'declined', decline: 'hard' },
    ],
    [
      { status: 'requires_payment_method', last_payment_error: { code: 'authentication_required' } },
      { kind: 'waiting_for_member' },
    ],
    [{ status: 'requires_payment_method' }, { kind: 'unknown' }],
    [{ status: 'requires_capture' }, { kind: 'unknown' }],
    [{ status: 'something_new' }, { kind: 'unknown' }],
  ])('%j', (over, outcome) => {
    expect(readPayment(payment(over), EUR)).toMatchObject(outcome);
  });
});

it.each<[over: object, outcome: object]>([
  [
    { status: 'succeeded', payment_method: 'pm_1' },
    { kind: 'succeeded', method: { methodId: 'pm_1' } },
  ],
  [{ status: 'processing' }, { kind: 'processing' }],
  [{ status: 'requires_action' }, { kind: 'waiting_for_member' }],
  [{ status: 'canceled' }, { kind: 'withdrawn' }],
  [
    { status: 'requires_payment_method', last_setup_error: { code: 'card_declined', decline_code: 'stolen_card' } },
    { kind: 'declined', decline: 'hard' },
  ],
  [{ status: 'requires_confirmation' }, { kind: 'unknown' }],
])('a setup %j', (over, outcome) => {
  const setup = { id: 'seti_1', client_secret: 's', payment_method: null, last_setup_error: null, ...over };
  expect(readSetup(setup as never)).toMatchObject(outcome);
});

describe('a refund', () => {
  const DAY = 86_400_000;
  const refund = (over: object): Stripe.Refund =>
    ({ id: 're_1', amount: 4999, currency: 'eur', payment_intent: 'pi_1', metadata: {}, ...over }) as never;
  it.each<[over: object, outcome: object]>([
    [{ status: 'succeeded' }, { kind: 'succeeded', gatewayId: 're_1' }],
    [{ status: 'succeeded', amount: 1 }, { kind: 'contradicts' }],
    [{ status: 'pending' }, { kind: 'processing', detail: 'processing', patienceMs: 14 * DAY }],
    [
      { status: 'pending', pending_reason: 'insufficient_funds' },
      { kind: 'processing', detail: 'insufficient_funds', patienceMs: 3 * DAY },
    ],
    [{ status: 'requires_action' }, { kind: 'processing', detail: 'requires_action', patienceMs: 45 * DAY }],
    [
      { status: 'failed', failure_reason: 'lost_or_stolen_card' },
      { kind: 'declined', code: 'lost_or_stolen_card' },
    ],
    [
      { status: 'failed', failure_reason: 'charge_for_pending_refund_disputed' },
      { kind: 'refused', code: 'charge_disputed' },
    ],
    [{ status: 'canceled' }, { kind: 'declined', code: 'canceled' }],
    [{ status: null }, { kind: 'unknown' }],
  ])('%j', (over, outcome) => {
    expect(readRefund(refund(over), EUR)).toMatchObject(outcome);
  });

  it.each([
    ['succeeded', 'succeeded'],
    ['pending', 'processing'],
    ['requires_action', 'processing'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('that others made and is %s has %s', (status, came) => {
    const found = readReturned(refund({ status, metadata: { reference: 'refund_1' } }));
    expect(found).toEqual({ gatewayRefundId: 're_1', paymentId: 'pi_1', reference: 'refund_1', status: came, ...EUR });
  });
});

it.each([
  ['needs_response', 'open'],
  ['under_review', 'open'],
  ['won', 'won'],
  ['lost', 'lost'],
  ['appeal_needs_response', 'lost'],
  ['appeal_under_review', 'lost'],
  ['warning_needs_response', 'inquiry'],
  ['warning_under_review', 'inquiry'],
  ['warning_closed', null],
  ['prevented', null],
  ['something_new', 'unreadable'],
])('a dispute that is %s is %s', (told, status) => {
  expect(statusOfDispute(told)).toBe(status);
});

it('reads a dispute in the currency and the amount it is in', () => {
  const dispute = {
    id: 'du_1',
    amount: 490_000,
    currency: 'isk',
    reason: 'fraudulent',
    status: 'lost',
    payment_intent: 'pi_1',
    evidence_details: { due_by: null },
  };
  expect(readDispute(dispute as never)).toMatchObject({
    amountMinor: 4900,
    currency: 'ISK',
    paymentId: 'pi_1',
    answerBy: null,
  });
});
