/**
 * Decides what may go back: only money captured, never more in all than was captured, nothing that the cardholder's
 * bank holds back. The payment intent is locked first, so two refunds of one payment follow each other.
 */
import type Stripe from 'stripe';
import { requireStep } from './amounts.js';
import { balanceTransaction } from './balance-transactions.js';
import { disputedMinor } from './disputes.js';
import type { Parameters } from './parameters.js';
import { refundBehaviour } from './payment-methods.js';
import { idOf } from './store.js';
import { invalidRequest, noSuch, StripeFailure } from './stripe-errors.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
const LATER_SECONDS = 24 * 60 * 60;

type Failure = 'expired_or_canceled_card' | 'merchant_request' | 'unknown';

export async function createRefund(unit: UnitOfWork, parameters: Parameters): Promise<Stripe.Refund> {
  const charge = await capturedCharge(unit, parameters);
  const amount = await refundable(unit, charge, parameters.count('amount'));
  const refund = newRefund(unit, parameters, charge, amount);
  const { failRefund, pendingRefund } = unit.settings.faults;
  if (failRefund) return failed(unit, refund);
  const method = await unit.find('payment_method', idOf(charge.payment_method));
  const behaviour = method === undefined ? undefined : refundBehaviour(method);
  if (behaviour !== undefined) unit.later(behaviour.then, refund.id, LATER_SECONDS);
  const pending = pendingRefund || behaviour?.status === 'pending';
  return succeeded(unit, pending ? { ...refund, status: 'pending', pending_reason: 'processing' } : refund, charge);
}

/** How much of what is asked; refused as Stripe refuses it. */
async function refundable(unit: UnitOfWork, charge: Stripe.Charge, asked: number | undefined): Promise<number> {
  const heldMinor = await disputedMinor(unit, idOf(charge.payment_intent));
  const left = charge.amount_captured - charge.amount_refunded - heldMinor;
  const amount = asked ?? left;
  requireStep(amount, charge.currency);
  if (await isDisputed(unit, charge)) {
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' });
  }
  if (heldMinor > 0 && amount > left) {
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' });
  }
  if (left === 0) {
    throw refused(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  // Without a code, as Stripe has it.
  if (amount > left) {
    throw refused(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  }
  return amount;
}

/** While the bank decides, what goes back goes back through the dispute. */
async function isDisputed(unit: UnitOfWork, charge: Stripe.Charge): Promise<boolean> {
  const disputes = await unit.disputesOf(idOf(charge.payment_intent));
  return disputes.some(({ status }) => status === 'needs_response' || status === 'under_review');
}

function refused(message: string, details: { code?: string; param?: string }): StripeFailure {
  return new StripeFailure(400, { type: 'invalid_request_error', message, ...details }, true);
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

/** Of one that stays pending too, the balance is less by it at once. */
function succeeded(unit: UnitOfWork, refund: Stripe.Refund, charge: Stripe.Charge): Stripe.Refund {
  const paidBack = unit.save({ ...refund, balance_transaction: moved(unit, refund, charge, 'refund') });
  unit.emit('refund.created', paidBack);
  unit.emit('charge.refunded', returned(unit, charge, refund.amount));
  unit.emit('refund.updated', paidBack);
  return paidBack;
}

/** The bank sends a refund back that it had taken, such as one to a card that was closed since. */
export function failRefund(unit: UnitOfWork, id: string): Promise<Stripe.Refund> {
  return takeBack(unit, id, 'failed', 'expired_or_canceled_card');
}

/** Somebody stops one that is still under way. */
export function cancelRefund(unit: UnitOfWork, _: Parameters, id: string): Promise<Stripe.Refund> {
  return takeBack(unit, id, 'canceled', 'merchant_request');
}

async function takeBack(
  unit: UnitOfWork,
  id: string,
  status: 'failed' | 'canceled',
  failure: Failure,
): Promise<Stripe.Refund> {
  const { refund, charge } = await lockRefund(unit, id, status === 'failed' ? ['succeeded', 'pending'] : ['pending']);
  const { pending_reason: _, ...rest } = refund;
  const back = unit.save<Stripe.Refund>({
    ...rest,
    status,
    failure_reason: failure,
    failure_balance_transaction: moved(unit, refund, charge, 'refund_failure'),
  });
  returned(unit, charge, -refund.amount);
  unit.emit('refund.updated', back);
  unit.emit('charge.refund.updated', back);
  if (status === 'failed') unit.emit('refund.failed', back);
  return back;
}

/**
 * One that was pending arrives, or the bank takes one after all that it had refused. What it has sent back stays back: its
 * money is in the balance again.
 */
export async function succeedRefund(unit: UnitOfWork, id: string): Promise<Stripe.Refund> {
  const { refund, charge } = await lockRefund(unit, id, ['failed', 'pending']);
  const { failure_reason: _, pending_reason: __, ...rest } = refund;
  if (refund.failure_balance_transaction !== undefined) throw invalidRequest('This refund came back for good.');
  const moves = refund.status === 'failed';
  const balance = moves ? { balance_transaction: moved(unit, refund, charge, 'refund') } : {};
  const taken = unit.save<Stripe.Refund>({ ...rest, ...balance, status: 'succeeded' });
  if (moves) returned(unit, charge, refund.amount);
  unit.emit('refund.updated', taken);
  return taken;
}

async function lockRefund(
  unit: UnitOfWork,
  id: string,
  statuses: string[],
): Promise<{ refund: Stripe.Refund; charge: Stripe.Charge }> {
  const found = await unit.find('refund', id);
  if (found === undefined) throw noSuch('refund', id);
  await unit.lock('payment_intent', idOf(found.payment_intent));
  const refund = await unit.lock('refund', id);
  const charge = await unit.find('charge', idOf(found.charge));
  if (refund === undefined || charge === undefined || !statuses.includes(refund.status ?? '')) {
    throw invalidRequest(`This refund is no ${statuses.join(' or ')} one.`);
  }
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
