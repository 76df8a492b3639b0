/**
 * Decides what may go back: only money captured, never more in all than was captured. The payment intent is locked
 * first, so two refunds of one payment follow each other.
 */
import type Stripe from 'stripe';
import { balanceTransaction } from './balance-transactions.js';
import type { Parameters } from './parameters.js';
import { idOf } from './store.js';
import { invalidRequest, noSuch, StripeFailure } from './stripe-errors.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

export async function createRefund(unit: UnitOfWork, parameters: Parameters): Promise<Stripe.Refund> {
  const charge = await capturedCharge(unit, parameters);
  const left = charge.amount_captured - charge.amount_refunded;
  const amount = parameters.count('amount') ?? left;
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
  const transaction = balanceTransaction({
    type: 'refund',
    source: refund.id,
    amountMinor: -refund.amount,
    feeMinor: 0,
    currency: refund.currency,
    description: charge.description === null ? 'REFUND' : `REFUND FOR CHARGE (${charge.description})`,
    now: unit.now,
  });
  unit.save(transaction);
  const refundedMinor = charge.amount_refunded + refund.amount;
  const reduced = unit.save<Stripe.Charge>({
    ...charge,
    amount_refunded: refundedMinor,
    refunded: refundedMinor === charge.amount_captured,
  });
  const paidBack = unit.save({ ...refund, balance_transaction: transaction.id });
  unit.emit('refund.created', paidBack);
  unit.emit('charge.refunded', reduced);
  unit.emit('refund.updated', paidBack);
  return paidBack;
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
