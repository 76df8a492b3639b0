/**
 * Every fact that the timeline can tell, by name, with its data and money. A flow records one of these and nothing else;
 * what reads the timeline reads these types. Amounts are minor units of the `currency` beside them.
 */
import type { RefundBasis } from './cancellation.js';
import type { ChargePurpose } from './charge.js';
import type { EndReason } from './end-reason.js';
import type { Money } from './money.js';
import type { NoticeContent, NoticeKind } from './notice.js';
import type { ContractingEntity, SuspensionCause } from './subscription.js';

/** Nothing but the fact. */
type Nothing = Partial<Record<string, never>>;

/** One attempt of a charge. */
interface Attempt {
  chargeId: string;
  /** Under which the gateway knows it. */
  reference: string;
}

interface Span {
  startsAt: Date;
  endsAt: Date;
}

interface Stretch extends Span {
  termNumber: number;
}

interface Disputed extends Money {
  chargebackId: string;
  chargeId: string;
}

/** What an end by the member's word, or with the market, returns. */
interface Returned {
  basis: RefundBasis;
  refundMinor: number;
  currency: string;
  quoteId: string | null;
  reason: string | null;
}

export interface TimelineData {
  'subscription.requested': {
    agreementVersion: string;
    locale: string | null;
    residenceCountry: string;
    contractingEntities: ContractingEntity[];
    previousSubscriptionId: string | null;
  };
  'subscription.trial_started': Span & { trialOfferId: string | null };
  'subscription.temporary_started': Span & { days: number; reason: string; grantedBy: string };
  'subscription.activated': Stretch & { cancellationPeriodEndsAt: Date | null };
  'subscription.renewed': Stretch & { cancellationPeriodEndsAt?: Date | null };
  'subscription.past_due': Money & { code?: string };
  'subscription.recovered': Nothing;
  'subscription.abandoned': { code?: string };
  'subscription.expired': { code?: string };
  'subscription.canceled': Returned;
  'subscription.discontinued': Returned;
  'subscription.revoked': { reason: EndReason; proposedBy: string; approvedBy: string; forfeited: number[] };
  'subscription.suspended': { reason: string; cause: SuspensionCause; by?: string; chargebackId?: string };
  'subscription.reinstated': {
    days?: number | null;
    reopened?: boolean;
    mistaken?: boolean;
    reason?: string;
    by?: string;
    chargebackId?: string;
  };
  'subscription.auto_renewal_changed': { enabled: boolean };
  'subscription.entity_transferred': {
    transferId: string;
    from: string;
    to: string;
    before: ContractingEntity[];
    after: ContractingEntity[];
  };
  'finding.lifted': { mistaken: boolean; reason: string; days: number; reopened: boolean; by: string };
  'revocation.proposed': { reason: EndReason; evidence: string; by: string };
  'conversion.consented': Nothing;
  'next_term.bought': Stretch & { cancellationPeriodEndsAt: Date | null };
  'next_term.canceled': Nothing;
  'payment_method.replaced': { brand: string | null; last4: string | null };
  'payment_method.rejected': { code: string };
  'charge.opened': Attempt & Money & { purpose: ChargePurpose; attempt: number; code?: string };
  'charge.succeeded': Attempt & { code?: string };
  'charge.failed': Attempt & { attempt: number; code: string };
  'charge.withdrawn': Attempt & { attempt: number; code: string };
  'charge.unapplied': { chargeId: string; reference?: string; code?: string };
  'charge.authentication_required': Nothing;
  'charge.unknown': { reference: string };
  'validation.unknown': { reference: string };
  'refund.unknown': { reference: string };
  'add_on.unknown': { reference: string };
  'add_on.accepted': Attempt & Money & { code: string };
  'add_on.paid': Attempt & { code: string };
  'add_on.refused': { code: string };
  'benefit.used': Used;
  'benefit.frozen': { benefit: string; frozen: boolean; reason: string };
  'benefit.unfrozen': { benefit: string; frozen: boolean; reason: string };
  'refund.created': Money & {
    refundId: string;
    chargeId: string;
    basis: RefundBasis;
    calculation: object;
  };
  'refund.retried': { refundId: string; by?: string; reason?: string };
  'refund.succeeded': { refundId: string; by?: string; bankReference?: string };
  'refund.failed': { refundId: string; code: string };
  'refund.adopted': Money & { refundId: string; chargeId: string; gatewayRefundId: string; foundBy: string };
  'refund.reason_given': { refundId: string; reason: string; by: string };
  'request.decision_proposed': {
    reference: string;
    outcome: 'moved' | 'not_moved';
    gatewayId: string | null;
    by: string;
  };
  'request.decided': {
    reference: string;
    outcome: 'moved' | 'not_moved';
    gatewayId: string | null;
    by: string;
    proposedBy: string;
  };
  'refund.overdue': { refundId: string; deadlineAt: Date | null };
  'refund.paid_twice': { refundId: string; attempt: number; gatewayRefundId: string };
  'refund.manual_proposed': { refundId: string; bankReference: string; by: string };
  'chargeback.opened': Disputed & { gatewayDisputeId: string; reason: string };
  'chargeback.won': Disputed;
  'chargeback.lost': Disputed;
  'notice.due': NoticeContent & { noticeId: string; kind: NoticeKind };
  refused: { code: string };
}

/** A use of a benefit: the value is what it was worth, in minor units. */
interface Used {
  useId: string;
  benefit: string;
  orderId: string;
  valueMinor: number;
  currency: string;
  termNumber: number | null;
}

export type TimelineEventName = keyof TimelineData;

/** A fact with its own data. */
export type TimelineEvent = {
  [Name in TimelineEventName]: { event: Name; data: TimelineData[Name] };
}[TimelineEventName];

/** The data that goes with a name; nothing need be said where there is none. */
export type DataOf<Name extends TimelineEventName> =
  Partial<TimelineData[Name]> extends TimelineData[Name] ? [data?: TimelineData[Name]] : [data: TimelineData[Name]];
