/**
 * What a subscription and its terms are, for the law and for every room: states (rules 2) and facts, no behaviour.
 */
import type { ChargeFacts } from './charge-progress.js';
import type { EndReason } from './end-reason.js';

export const SUBSCRIPTION_STATUSES = [
  'pending_payment',
  'trialing',
  'active',
  'past_due',
  'abandoned',
  'expired',
  'canceled',
  'revoked',
  'discontinued',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

export const LIVE_STATUSES = ['pending_payment', 'trialing', 'active', 'past_due'] as const;

export function isLive(status: SubscriptionStatus): boolean {
  return (LIVE_STATUSES as readonly string[]).includes(status);
}

export type Actor = 'member' | 'scheduler' | 'gateway' | 'risk' | 'operations' | 'finance';

/** finding: by risk's word (5.2) · chargeback: the member's bank holds a payment back, or has taken the fee back. */
export type SuspensionCause = 'finding' | 'chargeback';

export type TermKind = 'trial' | 'paid' | 'temporary';

/** The member's deduction authorization for one stored payment method (3.2.1, 3.3.1). */
export interface Mandate {
  id: string;
  subscriptionId: string;
  userId: string;
  /** The gateway it was given for, by name. */
  gateway: string;
  /** As the storefront handed it over. */
  token: string;
  status: 'pending' | 'valid' | 'rejected' | 'revoked';
  /** The gateway's stored method, once it has confirmed it. */
  gatewayMethodId: string | null;
  brand: string | null;
  last4: string | null;
  authorizedAt: Date;
  decidedAt: Date | null;
}

/** One stretch of service, half-open `[startsAt, endsAt)`. */
export interface Term {
  id: string;
  subscriptionId: string;
  number: number;
  kind: TermKind;
  startsAt: Date;
  endsAt: Date;
  /** Minor units of `currency`; null on a trial. */
  priceMinor: number | null;
  currency: string | null;
  chargeId: string | null;
  rulePackVersion: number;
  /** With whom the member contracted when it began; a transfer changes the subscription alone (8.3). */
  contractingEntities: ContractingEntity[];
  /** First instant at which the unconditional cancellation of 3.4.1 is over; null where the term has none. */
  cancellationPeriodEndsAt: Date | null;
}

export interface ContractingEntity {
  name: string;
  rule: string;
}

/** What is due next on a subscription, and decides which worker it goes to. */
export type DueMove = 'abandon' | 'convert_trial' | 'begin_term' | 'renew_term' | 'retry_payment' | 'give_up_payment';

export interface Subscription extends ChargeFacts {
  id: string;
  userId: string;
  country: string;
  residenceCountry: string;
  status: SubscriptionStatus;
  startWith: 'trial' | 'paid' | 'temporary';
  autoRenewal: boolean;
  contractingEntities: ContractingEntity[];
  agreementVersion: string;
  /** Null on a temporary membership, which nobody had to accept (8.2). */
  agreementAcceptedAt: Date | null;
  locale: string | null;
  conversionConsentAt: Date | null;
  previousSubscriptionId: string | null;
  /** Since when it is suspended (5.2): an overlay, not a status; null while it is not. */
  suspendedAt: Date | null;
  /** What only ends the suspension: risk's finding goes before a chargeback. */
  suspendedFor: SuspensionCause | null;
  /** When it was last reopened after a mistaken finding (6.1.2). */
  reopenedAt: Date | null;
  /** Until when benefits are on as things stand, grace included (exclusive). */
  benefitsUntil: Date | null;
  createdAt: Date;
  endedAt: Date | null;
  endReason: EndReason | null;
  dueMove: DueMove | null;
  dueAt: Date | null;
}
