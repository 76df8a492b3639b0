/**
 * Decides what a cardholder's bank takes back of a payment, and what it gives back when the dispute is won. The payment
 * intent is locked first, so a dispute and a refund of one payment follow each other. Never judges who is right: a test
 * door says so. An inquiry takes nothing until it escalates; several disputes of one payment are possible.
 */
import type Stripe from 'stripe';
import { balanceTransaction, disputeFeeMinor, type ReportingCategory } from './balance-transactions.js';
import { idOf } from './store.js';
import { invalidRequest, noSuch } from './stripe-errors.js';
import { newId, type EventName, type UnitOfWork } from './unit-of-work.js';

export interface DisputeOrder {
  paymentIntent: string;
  /** Stripe's units; all that is not disputed yet without it. */
  amountMinor: number | undefined;
  reason: string | undefined;
  isInquiry?: boolean;
}

export type DisputeEnd = 'won' | 'lost' | 'warning_closed';

const OPEN: readonly string[] = ['needs_response', 'under_review'];
const INQUIRY: readonly string[] = ['warning_needs_response', 'warning_under_review'];
const ANSWER_WITHIN_SECONDS = 7 * 24 * 60 * 60;

export async function openDispute(unit: UnitOfWork, order: DisputeOrder): Promise<Stripe.Dispute> {
  const { paymentIntent, amountMinor, reason = 'fraudulent', isInquiry = false } = order;
  const charge = await disputable(unit, paymentIntent);
  const leftMinor = charge.amount_captured - (await disputedMinor(unit, paymentIntent));
  const amount = amountMinor ?? leftMinor;
  if (amount > leftMinor || amount === 0) throw invalidRequest('More than was captured.', { param: 'amount' });
  const dispute = newDispute(unit, charge, { amount, reason, isInquiry });
  unit.save<Stripe.Charge>({ ...charge, disputed: true });
  if (isInquiry) {
    emit(unit, unit.save(dispute), 'charge.dispute.created');
    return dispute;
  }
  return withdrawn(unit, dispute, 'charge.dispute.created');
}

/** The bank was not satisfied: the same dispute now takes the money. */
export async function escalateDispute(unit: UnitOfWork, id: string): Promise<Stripe.Dispute> {
  const inquiry = await lockDispute(unit, id, INQUIRY);
  return withdrawn(unit, { ...inquiry, status: 'needs_response' }, 'charge.dispute.updated');
}

/** The merchant has answered, and the bank looks at it. */
export async function answerDispute(unit: UnitOfWork, id: string): Promise<Stripe.Dispute> {
  const dispute = await lockDispute(unit, id, [...OPEN, ...INQUIRY]);
  const status = INQUIRY.includes(dispute.status) ? 'warning_under_review' : 'under_review';
  const answered = unit.save<Stripe.Dispute>({ ...dispute, status });
  emit(unit, answered, 'charge.dispute.updated');
  return answered;
}

/** The bank's word is final here: a closed dispute stays closed. */
export async function closeDispute(unit: UnitOfWork, id: string, status: DisputeEnd): Promise<Stripe.Dispute> {
  const dispute = await lockDispute(unit, id, status === 'warning_closed' ? INQUIRY : OPEN);
  const closed: Stripe.Dispute = { ...dispute, status };
  if (status !== 'won') {
    emit(unit, unit.save(closed), 'charge.dispute.closed');
    return closed;
  }
  const won = moved(unit, closed, 'dispute_reversal', { amountMinor: dispute.amount, feeMinor: 0 });
  emit(unit, won, 'charge.dispute.funds_reinstated', 'charge.dispute.closed');
  return won;
}

/** A card network tells of a fraud that its issuer has recorded; no money moves by it. */
export async function createIssuerWarning(
  unit: UnitOfWork,
  paymentIntent: string,
): Promise<Stripe.Radar.EarlyFraudWarning> {
  const charge = await disputable(unit, paymentIntent);
  const warning = unit.save<Stripe.Radar.EarlyFraudWarning>({
    id: newId('issfr'),
    object: 'radar.early_fraud_warning',
    actionable: true,
    charge: charge.id,
    created: unit.now,
    fraud_type: 'unauthorized_use_of_card',
    livemode: false,
    payment_intent: paymentIntent,
  });
  unit.emit('radar.early_fraud_warning.created', warning);
  return warning;
}

/** Stripe's units that banks hold back or have taken back of a payment. */
export async function disputedMinor(unit: UnitOfWork, paymentIntent: string): Promise<number> {
  const taking = [...OPEN, 'lost'];
  const held = (await unit.disputesOf(paymentIntent)).filter(({ status }) => taking.includes(status));
  return held.reduce((sum, { amount }) => sum + amount, 0);
}

async function disputable(unit: UnitOfWork, paymentIntent: string): Promise<Stripe.Charge> {
  const intent = await unit.lock('payment_intent', paymentIntent);
  const charge = intent === undefined ? undefined : await unit.find('charge', idOf(intent.latest_charge));
  if (charge?.captured !== true) throw noSuch('payment_intent', paymentIntent, 'paymentIntent');
  return charge;
}

async function lockDispute(unit: UnitOfWork, id: string, statuses: readonly string[]): Promise<Stripe.Dispute> {
  const dispute = await unit.lock('dispute', id);
  if (dispute === undefined) throw noSuch('dispute', id);
  if (!statuses.includes(dispute.status)) throw invalidRequest(`This dispute is ${dispute.status}.`);
  return dispute;
}

function withdrawn(unit: UnitOfWork, dispute: Stripe.Dispute, event: EventName): Stripe.Dispute {
  const feeMinor = disputeFeeMinor(dispute.currency);
  const taken = moved(unit, dispute, 'dispute', { amountMinor: -dispute.amount, feeMinor });
  emit(unit, taken, event, 'charge.dispute.funds_withdrawn');
  return taken;
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

function newDispute(
  unit: UnitOfWork,
  charge: Stripe.Charge,
  { amount, reason, isInquiry }: { amount: number; reason: string; isInquiry: boolean },
): Stripe.Dispute {
  return {
    id: newId('du'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: unit.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: unit.now + ANSWER_WITHIN_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  };
}

/** Nobody submits evidence here. */
const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
