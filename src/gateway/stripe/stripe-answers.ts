/**
 * Reads Stripe's objects as outcomes, in our units. Only a clear yes or no is one; an answer that cannot be read is unknown,
 * one that speaks of another amount contradicts what was asked.
 */
import type Stripe from 'stripe';
import type { ChargebackStatus } from '../../domain/chargeback.js';
import { DAY_MS } from '../../domain/instant.js';
import { formatMoney, type Money } from '../../domain/money.js';
import type { StoredMethod } from '../../subscriptions/mandate.store.js';
import { CHARGE_DISPUTED, type GatewayDispute, type GatewayRefund, type Outcome } from '../outcome.js';
import { kindOfDecline, reasonOf, wantsMember, type StripeDecline } from './decline-codes.js';
import { fromStripe } from './stripe-currencies.js';

const DISPUTED = 'charge_for_pending_refund_disputed';

/** A card payment that is captured asynchronously, or reviewed by the bank. */
const PAYMENT_PATIENCE_MS = 3 * DAY_MS;

/** docs.stripe.com/refunds: five to ten business days to the member; a balance that is short is topped up by us. */
const REFUND_PATIENCE_MS: Record<string, number> = {
  processing: 14 * DAY_MS,
  charge_pending: 14 * DAY_MS,
  insufficient_funds: 3 * DAY_MS,
  // Stripe writes to the member for their bank account, and gives up after 45 days.
  requires_action: 45 * DAY_MS,
};

export function readPayment(payment: Stripe.PaymentIntent, asked: Money): Outcome {
  const { id, status } = payment;
  switch (status) {
    case 'succeeded': {
      const received = fromStripe(payment.amount_received, payment.currency);
      if (received === null || differs(received, asked)) {
        return contradicts(id, `${payment.amount_received} ${payment.currency}`, asked);
      }
      return { kind: 'succeeded', gatewayId: id, method: readMethod(payment.payment_method) };
    }
    case 'canceled':
      return readCanceled(id, payment.last_payment_error);
    default:
      return readUnfinished(payment, payment.last_payment_error);
  }
}

export function readSetup(setup: Stripe.SetupIntent): Outcome {
  const { id, status } = setup;
  switch (status) {
    case 'succeeded':
      return { kind: 'succeeded', gatewayId: id, method: readMethod(setup.payment_method) };
    case 'canceled':
      return { kind: 'withdrawn', gatewayId: id };
    default:
      return readUnfinished(setup, setup.last_setup_error);
  }
}

export function readRefund(refund: Stripe.Refund, asked: Money): Outcome {
  const { id, status } = refund;
  switch (status) {
    case 'succeeded': {
      const returned = fromStripe(refund.amount, refund.currency);
      if (returned === null || differs(returned, asked)) {
        return contradicts(id, `${refund.amount} ${refund.currency}`, asked);
      }
      return { kind: 'succeeded', gatewayId: id, method: null };
    }
    case 'pending':
    case 'requires_action': {
      const detail = status === 'pending' ? (refund.pending_reason ?? 'processing') : status;
      const patienceMs = REFUND_PATIENCE_MS[detail] ?? REFUND_PATIENCE_MS['processing'] ?? 0;
      return { kind: 'processing', gatewayId: id, detail, patienceMs };
    }
    case 'failed':
    case 'canceled':
      // The bank holds the payment: what the dispute decides, no other attempt can.
      if (refund.failure_reason === DISPUTED) return { kind: 'refused', gatewayId: id, code: CHARGE_DISPUTED };
      return { kind: 'declined', gatewayId: id, code: refund.failure_reason ?? status, decline: 'soft' };
    default:
      return unreadable(id, status);
  }
}

export function readReturned(refund: Stripe.Refund): GatewayRefund {
  const { id, amount, currency, status, payment_intent: payment } = refund;
  const money = fromStripe(amount, currency) ?? { amountMinor: amount, currency: currency.toUpperCase() };
  const came =
    status === 'succeeded' ? 'succeeded' : status === 'failed' || status === 'canceled' ? 'failed' : 'processing';
  return {
    ...money,
    gatewayRefundId: id,
    paymentId: idOf(payment),
    reference: refund.metadata?.reference ?? null,
    status: came,
  };
}

/** docs.stripe.com/api/disputes/object: an inquiry (`warning_…`) takes no money until it escalates. */
const DISPUTE_STATUSES: Record<string, ChargebackStatus | 'inquiry' | null> = {
  needs_response: 'open',
  under_review: 'open',
  won: 'won',
  lost: 'lost',
  // Lost, and asked once more: the money is gone unless that is won.
  appeal_needs_response: 'lost',
  appeal_under_review: 'lost',
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: null,
  prevented: null,
};

export function statusOfDispute(status: string): GatewayDispute['status'] {
  return status in DISPUTE_STATUSES ? (DISPUTE_STATUSES[status] ?? null) : 'unreadable';
}

export function readDispute(dispute: Stripe.Dispute): GatewayDispute {
  const { id, amount, currency, reason, status, payment_intent: payment, evidence_details: evidence } = dispute;
  const whole = typeof payment === 'string' ? null : payment;
  return {
    ...(fromStripe(amount, currency) ?? { amountMinor: amount, currency: currency.toUpperCase() }),
    gatewayDisputeId: id,
    paymentId: idOf(payment),
    reference: whole?.metadata.reference ?? null,
    reason,
    status: statusOfDispute(status),
    answerBy: evidence.due_by === null || evidence.due_by === 0 ? null : new Date(evidence.due_by * 1000),
  };
}

/** Neither has it moved nor is it over; the same words for a payment and for a set-up. */
function readUnfinished(intent: Stripe.PaymentIntent | Stripe.SetupIntent, error: StripeDecline | null): Outcome {
  const { id, status, client_secret: secret } = intent;
  switch (status) {
    case 'processing':
      return { kind: 'processing', gatewayId: id, detail: 'processing', patienceMs: PAYMENT_PATIENCE_MS };
    case 'requires_action':
      return secret === null
        ? unreadable(id, status)
        : { kind: 'waiting_for_member', gatewayId: id, clientSecret: secret };
    case 'requires_payment_method':
      return readDeclined(error, id, secret, status);
    default:
      return unreadable(id, status);
  }
}

/** A payment canceled after its decline tells the decline; one that waited for the member was withdrawn. */
function readCanceled(gatewayId: string, error: StripeDecline | null): Outcome {
  if (error === null || wantsMember(error)) return { kind: 'withdrawn', gatewayId };
  return { kind: 'declined', gatewayId, code: reasonOf(error), decline: kindOfDecline(error) };
}

/** The bank may want the member: the same payment goes on as soon as they have authenticated. */
function readDeclined(error: StripeDecline | null, id: string, secret: string | null, status: string): Outcome {
  if (error === null) return unreadable(id, status);
  if (wantsMember(error) && secret !== null) return { kind: 'waiting_for_member', gatewayId: id, clientSecret: secret };
  return { kind: 'declined', gatewayId: id, code: reasonOf(error), decline: kindOfDecline(error) };
}

function idOf(payment: string | Stripe.PaymentIntent | null): string | null {
  return typeof payment === 'string' ? payment : (payment?.id ?? null);
}

function readMethod(method: string | Stripe.PaymentMethod | null): StoredMethod | null {
  if (method === null) return null;
  if (typeof method === 'string') return { methodId: method, brand: null, last4: null };
  return { methodId: method.id, brand: method.card?.brand ?? null, last4: method.card?.last4 ?? null };
}

function differs(answered: Money, asked: Money): boolean {
  return answered.amountMinor !== asked.amountMinor || answered.currency !== asked.currency;
}

function contradicts(id: string, told: string, asked: Money): Outcome {
  return { kind: 'contradicts', detail: `${id}: the gateway speaks of ${told}, ${formatMoney(asked)} was asked` };
}

function unreadable(id: string, status: string | null): Outcome {
  return { kind: 'unknown', detail: `${id} is ${String(status)}` };
}
