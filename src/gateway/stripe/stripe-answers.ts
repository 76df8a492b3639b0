/**
 * Reads Stripe's objects and errors as outcomes. Only a clear yes or no is one; an answer that cannot be read, or that
 * speaks of another amount, is unknown.
 */
import Stripe from 'stripe';
import type { ChargebackStatus } from '../../domain/chargeback.js';
import type { Money } from '../../domain/money.js';
import type { StoredMethod } from '../../subscriptions/mandate.store.js';
import { CHARGE_DISPUTED, METHOD_REJECTED, WITHDRAWN, type Outcome, type GatewayDispute } from '../outcome.js';

export function readPayment(payment: Stripe.PaymentIntent, asked: Money): Outcome {
  const { id, status, client_secret: secret } = payment;
  if (status === 'succeeded') {
    const received = { amountMinor: payment.amount_received, currency: payment.currency.toUpperCase() };
    if (differs(received, asked)) return suspect(id, received, asked);
    return { kind: 'succeeded', gatewayId: id, method: readMethod(payment.payment_method) };
  }
  if (status === 'canceled') return { kind: 'failed', gatewayId: id, code: codeOfCanceled(payment) };
  if (status === 'requires_action' && secret !== null) {
    return { kind: 'waiting_for_member', gatewayId: id, clientSecret: secret };
  }
  if (status === 'requires_payment_method' && payment.last_payment_error !== null) {
    return readDecline(payment.last_payment_error, payment);
  }
  return unreadable(`payment ${id} is ${String(status)}`);
}

export function readSetup(setup: Stripe.SetupIntent): Outcome {
  const { id, status, client_secret: secret } = setup;
  if (status === 'succeeded') return { kind: 'succeeded', gatewayId: id, method: readMethod(setup.payment_method) };
  if (status === 'canceled') return { kind: 'failed', gatewayId: id, code: WITHDRAWN };
  if (status === 'requires_action' && secret !== null) {
    return { kind: 'waiting_for_member', gatewayId: id, clientSecret: secret };
  }
  if (status === 'requires_payment_method' && setup.last_setup_error !== null) {
    const { decline_code: decline, code } = setup.last_setup_error;
    return { kind: 'failed', gatewayId: id, code: decline ?? code ?? METHOD_REJECTED };
  }
  return unreadable(`setup ${id} is ${String(status)}`);
}

export function readRefund(refund: Stripe.Refund, asked: Money): Outcome {
  const { id, status } = refund;
  if (status === 'succeeded') {
    const returned = { amountMinor: refund.amount, currency: refund.currency.toUpperCase() };
    if (differs(returned, asked)) return suspect(id, returned, asked);
    return { kind: 'succeeded', gatewayId: id, method: null };
  }
  if (status === 'failed' || status === 'canceled') {
    return { kind: 'failed', gatewayId: id, code: refund.failure_reason ?? status };
  }
  return unreadable(`refund ${id} is ${String(status)}`);
}

const DISPUTE_STATUSES: Record<string, ChargebackStatus> = {
  needs_response: 'open',
  under_review: 'open',
  won: 'won',
  lost: 'lost',
  // Lost, and asked once more: the money is gone unless that is won.
  appeal_needs_response: 'lost',
  appeal_under_review: 'lost',
};

export function statusOfDispute(status: string): ChargebackStatus | null {
  return DISPUTE_STATUSES[status] ?? null;
}

export function readDispute(dispute: Stripe.Dispute): GatewayDispute {
  const {
    id,
    amount: amountMinor,
    currency,
    reason,
    status,
    payment_intent: payment,
    evidence_details: evidence,
  } = dispute;
  const whole = typeof payment === 'string' ? null : payment;
  return {
    gatewayDisputeId: id,
    paymentId: typeof payment === 'string' ? payment : (payment?.id ?? null),
    reference: whole?.metadata.reference ?? null,
    amountMinor,
    currency: currency.toUpperCase(),
    reason,
    status: statusOfDispute(status),
    answerBy: evidence.due_by === null || evidence.due_by === 0 ? null : new Date(evidence.due_by * 1000),
  };
}

/** What an exception of the SDK says about the money: a refusal is a no, everything else leaves it open. */
export function readTrouble(error: unknown): Outcome {
  if (error instanceof Stripe.errors.StripeCardError) {
    const payment = error.payment_intent;
    const declined: Declined = { code: error.code, decline_code: error.decline_code };
    if (payment === undefined) return { kind: 'failed', gatewayId: null, code: reasonOf(declined) };
    return readDecline(declined, payment);
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    const aboutMethod = error.param === 'payment_method' || error.code === 'payment_method_unexpected_state';
    if (aboutMethod) return { kind: 'failed', gatewayId: null, code: METHOD_REJECTED };
    // The bank holds the payment back: nothing of it was returned, and nothing can be.
    if (error.code === CHARGE_DISPUTED) return { kind: 'failed', gatewayId: null, code: CHARGE_DISPUTED };
    return { kind: 'unknown', detail: `the gateway refused the request itself: ${error.message}`, suspect: true };
  }
  return unreadable(error instanceof Error ? error.message : String(error));
}

/** A payment canceled after its decline tells the decline; one that waited for the member was withdrawn. */
function codeOfCanceled({ last_payment_error: error }: Stripe.PaymentIntent): string {
  const code = error?.decline_code ?? error?.code ?? WITHDRAWN;
  return code === 'authentication_required' ? WITHDRAWN : code;
}

interface Declined {
  code?: string | undefined;
  decline_code?: string | undefined;
}

function reasonOf({ code, decline_code: decline }: Declined): string {
  return decline ?? code ?? 'card_declined';
}

function readDecline(declined: Declined, payment: Stripe.PaymentIntent): Outcome {
  const reason = reasonOf(declined);
  const { id, client_secret: secret } = payment;
  // The bank wants the member: the same payment goes on as soon as they have authenticated.
  if ((declined.code === 'authentication_required' || reason === 'authentication_required') && secret !== null) {
    return { kind: 'waiting_for_member', gatewayId: id, clientSecret: secret };
  }
  return { kind: 'failed', gatewayId: id, code: reason };
}

function readMethod(method: string | Stripe.PaymentMethod | null): StoredMethod | null {
  if (method === null) return null;
  if (typeof method === 'string') return { methodId: method, brand: null, last4: null };
  return { methodId: method.id, brand: method.card?.brand ?? null, last4: method.card?.last4 ?? null };
}

function differs(answered: Money, asked: Money): boolean {
  return answered.amountMinor !== asked.amountMinor || answered.currency !== asked.currency;
}

function suspect(id: string, answered: Money, asked: Money): Outcome {
  const detail = `${id}: the gateway speaks of ${answered.amountMinor} ${answered.currency}, ${asked.amountMinor} ${asked.currency} was asked`;
  return { kind: 'unknown', detail, suspect: true };
}

function unreadable(detail: string): Outcome {
  return { kind: 'unknown', detail };
}
