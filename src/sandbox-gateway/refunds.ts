/**
 * Decides what may go back: only money captured, never more in all than was captured, nothing that the cardholder's
 * bank holds back. The payment intent is locked first, so two refunds of one payment follow each other.
 */
import type Stripe from 'stripe';
import { balanceTransaction } from './balance-transactions.js';
import { disputedMinor } from './disputes.js';
import type { Parameters } from './parameters.js';
import { idOf } from './store.js';
import { invalidRequest, noSuch, StripeFailure } from './stripe-errors.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

export async function createRefund(unit: UnitOfWork, parameters: Parameters): Promise<Stripe.Refund> {
  const charge = await capturedCharge(unit, parameters);
  const heldMinor = await disputedMinor(unit, idOf(charge.payment_intent));
  const left = charge.amount_captured - charge.amount_refunded - heldMinor;
  const amount = parameters.count('amount') ?? left;
  if (heldMinor > 0 && amount > left) {
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, 'charge_disputed', 'charge');
  }
  if (left === 0) {
    throw refused(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded', 'charge');
  }
  if (amount > left) {
    const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
    throw refused(message, 'amount_too_large', 'amount');
  }
  const refund = newRefund(unit, parameters, charge, amount);
  return unit.settings.failRefund ? failed(unit, refund) : succeeded(unit, refund, charge);
}

function refused(message: string, code: string, param: string): StripeFailure {
  return new StripeFailure(400, { type: 'invalid_request_error', code, message, param }, true);
}

async function capturedCharge(unit: UnitOfWork, parameters: Parameters): Promise<Stripe.Charge> {
  const chargeId = parameters.text('charge');
  const byCharge = chargeId === undefined ? undefined : await unit.find('charge', chargeId);
  if (chargeId !== undefined && byCharge === undefined) throw noSuch('charge', chargeId, 'charge');
  const intentId = byCharge === undefined ? parameters.requiredText('payment_intent') : idOf(byCharge.payment_intent);
  const intent = await unit.lock('payment_intent', intentId);
  if (intent === undefined) throw noSuch('payment_intent', intentId, 'payment_intent');
  const charge = await unit.find('charge', chargeId ?? idOf(intent.latest_charge));
  if (charge?.captured === true) return charge;
  const message = `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`;
  throw invalidRequest(message, { param: 'payment_intent' });
}

function succeeded(unit: UnitOfWork, refund: Stripe.Refund, charge: Stripe.Charge): Stripe.Refund {
  const paidBack = unit.save({ ...refund, balance_transaction: moved(unit, refund, charge, 'refund') });
  unit.emit('refund.created', paidBack);
  unit.emit('charge.refunded', returned(unit, charge, refund.amount));
  unit.emit('refund.updated', paidBack);
  return paidBack;
}

/** The bank sends a refund back that it had taken, such as one to a card that was closed since. */
export async function failRefund(unit: UnitOfWork, id: string): Promise<Stripe.Refund> {
  const { refund, charge } = await lockRefund(unit, id, 'succeeded');
  const bounced = unit.save<Stripe.Refund>({
    ...refund,
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
    failure_balance_transaction: moved(unit, refund, charge, 'refund_failure'),
  });
  returned(unit, charge, -refund.amount);
  unit.emit('refund.updated', bounced);
  unit.emit('refund.failed', bounced);
  return bounced;
}

/** The bank takes a refund after all that it had refused. */
export async function succeedRefund(unit: UnitOfWork, id: string): Promise<Stripe.Refund> {
  const { refund, charge } = await lockRefund(unit, id, 'failed');
  const { failure_reason: _, ...rest } = refund;
  const transaction = moved(unit, refund, charge, 'refund');
  const taken = unit.save<Stripe.Refund>({ ...rest, status: 'succeeded', balance_transaction: transaction });
  returned(unit, charge, refund.amount);
  unit.emit('refund.updated', taken);
  return taken;
}

async function lockRefund(
  unit: UnitOfWork,
  id: string,
  status: 'succeeded' | 'failed',
): Promise<{ refund: Stripe.Refund; charge: Stripe.Charge }> {
  const found = await unit.find('refund', id);
  if (found === undefined) throw noSuch('refund', id);
  await unit.lock('payment_intent', idOf(found.payment_intent));
  const refund = await unit.lock('refund', id);
  const charge = await unit.find('charge', idOf(found.charge));
  if (refund?.status !== status || charge === undefined) throw invalidRequest(`This refund is no ${status} one.`);
  return { refund, charge };
}

/** Returns the id of the balance transaction. */
function moved(
  unit: UnitOfWork,
  refund: Stripe.Refund,
  charge: Stripe.Charge,
  category: 'refund' | 'refund_failure',
): string {
  const words = category === 'refund' ? 'REFUND' : 'REFUND FAILURE';
  const transaction = balanceTransaction({
    category,
    source: refund.id,
    amountMinor: category === 'refund' ? -refund.amount : refund.amount,
    feeMinor: 0,
    currency: refund.currency,
    description: charge.description === null ? words : `${words} FOR CHARGE (${charge.description})`,
    now: unit.now,
  });
  return unit.save(transaction).id;
}

function returned(unit: UnitOfWork, charge: Stripe.Charge, amountMinor: number): Stripe.Charge {
  const refundedMinor = charge.amount_refunded + amountMinor;
  const refunded = refundedMinor === charge.amount_captured;
  return unit.save<Stripe.Charge>({ ...charge, amount_refunded: refundedMinor, refunded });
}

function failed(unit: UnitOfWork, refund: Stripe.Refund): Stripe.Refund {
  const lost = unit.save<Stripe.Refund>({ ...refund, status: 'failed', failure_reason: 'unknown' });
  unit.emit('refund.created', lost);
  unit.emit('refund.updated', lost);
  unit.emit('refund.failed', lost);
  return lost;
}

function newRefund(
  unit: UnitOfWork,
  parameters: Parameters,
  charge: Stripe.Charge,
  amountMinor: number,
): Stripe.Refund {
  return {
    id: newId('re'),
    object: 'refund',
    amount: amountMinor,
    balance_transaction: null,
    charge: charge.id,
    created: unit.now,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: parameters.metadata(),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: parameters.oneOf('reason', REASONS) ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
}
