/**
 * Decides what a cardholder's bank takes back of a payment, and what it gives back when the dispute is won. The payment
 * intent is locked first, so a dispute and a refund of one payment follow each other. Never judges who is right: a test
 * door says so.
 */
import type Stripe from 'stripe';
import { balanceTransaction, disputeFeeMinor, type ReportingCategory } from './balance-transactions.js';
import { idOf } from './store.js';
import { invalidRequest, noSuch } from './stripe-errors.js';
import { newId, type EventName, type UnitOfWork } from './unit-of-work.js';

export interface DisputeOrder {
  paymentIntent: string;
  /** Minor units; all that was captured without it. */
  amountMinor: number | undefined;
  reason: string | undefined;
}

const OPEN = 'needs_response';
const ANSWER_WITHIN_SECONDS = 7 * 24 * 60 * 60;

export async function openDispute(unit: UnitOfWork, order: DisputeOrder): Promise<Stripe.Dispute> {
  const { paymentIntent, amountMinor, reason = 'fraudulent' } = order;
  const intent = await unit.lock('payment_intent', paymentIntent);
  const charge = intent === undefined ? undefined : await unit.find('charge', idOf(intent.latest_charge));
  if (charge?.captured !== true) throw noSuch('payment_intent', paymentIntent, 'paymentIntent');
  const amount = amountMinor ?? charge.amount_captured;
  if (amount > charge.amount_captured) throw invalidRequest('More than was captured.', { param: 'amount' });
  if ((await disputedMinor(unit, paymentIntent)) > 0) throw invalidRequest('Disputed already.');
  const blank = newDispute(unit, charge, amount, reason);
  const feeMinor = disputeFeeMinor(charge.currency);
  const dispute = moved(unit, blank, 'dispute', { amountMinor: -amount, feeMinor });
  unit.save<Stripe.Charge>({ ...charge, disputed: true });
  emit(unit, dispute, 'charge.dispute.created', 'charge.dispute.funds_withdrawn');
  return dispute;
}

/** The bank's word is final here: a closed dispute stays closed. */
export async function closeDispute(unit: UnitOfWork, id: string, status: 'won' | 'lost'): Promise<Stripe.Dispute> {
  const dispute = await unit.lock('dispute', id);
  if (dispute === undefined) throw noSuch('dispute', id);
  if (dispute.status !== OPEN) throw invalidRequest(`This dispute is ${dispute.status}.`);
  const closed: Stripe.Dispute = { ...dispute, status };
  if (status === 'lost') {
    emit(unit, unit.save(closed), 'charge.dispute.closed');
    return closed;
  }
  const won = moved(unit, closed, 'dispute_reversal', { amountMinor: dispute.amount, feeMinor: 0 });
  emit(unit, won, 'charge.dispute.funds_reinstated', 'charge.dispute.closed');
  return won;
}

/** Minor units that the bank holds back or has taken back of a payment. */
export async function disputedMinor(unit: UnitOfWork, paymentIntent: string): Promise<number> {
  const held = (await unit.disputesOf(paymentIntent)).filter(({ status }) => status !== 'won');
  return held.reduce((sum, { amount }) => sum + amount, 0);
}

function moved(
  unit: UnitOfWork,
  dispute: Stripe.Dispute,
  category: ReportingCategory,
  money: { amountMinor: number; feeMinor: number },
): Stripe.Dispute {
  const { currency, id: source, charge } = dispute;
  const words = category === 'dispute' ? 'Chargeback withdrawal for' : 'Chargeback reversal for';
  const description = `${words} ${idOf(charge)}`;
  const transaction = unit.save(
    balanceTransaction({ category, source, ...money, currency, description, now: unit.now }),
  );
  return unit.save({ ...dispute, balance_transactions: [...dispute.balance_transactions, transaction] });
}

function emit(unit: UnitOfWork, dispute: Stripe.Dispute, ...events: EventName[]): void {
  for (const event of events) unit.emit(event, dispute);
}

function newDispute(unit: UnitOfWork, charge: Stripe.Charge, amount: number, reason: string): Stripe.Dispute {
  return {
    id: newId('du'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: unit.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    // Nobody submits evidence here.
    evidence: {} as Stripe.Dispute.Evidence,
    evidence_details: {
      due_by: unit.now + ANSWER_WITHIN_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: OPEN,
  };
}
