/**
 * What a decided charge does to its subscription. Pure: `SettleCharge` locks, asks here, and saves. An outcome
 * that arrives after the subscription has ended never brings it back; captured money is then given back in full.
 */
import { planAfterDecline, type ChargePurpose, type DeclineKind, type Dunning } from './charge.js';
import type { EndReason } from './end-reason.js';
import { plusDays } from './instant.js';
import type { MoveName } from './moves.js';
import { isLive, type SubscriptionStatus } from './subscription.js';

export interface CaptureFacts {
  status: SubscriptionStatus;
  purpose: ChargePurpose;
  paidAt: Date;
  /** End of the term that ran before; null for a first charge. */
  lastTermEndsAt: Date | null;
  /** Until when benefits were on, grace included; null for a first charge. */
  benefitsUntil: Date | null;
  paidTermDays: number;
}

export type CaptureEffect =
  | { kind: 'start_term'; move: MoveName; startsAt: Date; endsAt: Date; clause: string }
  | { kind: 'give_back'; clause: string };

const MOVE_OF: Record<Exclude<ChargePurpose, 'add_on'>, MoveName> = {
  first: 'activate',
  conversion: 'convert',
  renewal: 'renew',
  early_renewal: 'renew',
};

/**
 * The term a captured charge pays for. Paid while benefits were on, it starts at the old end; paid after they went off,
 * at the payment, so nobody pays for days without service (rules 6).
 */
export function settleCapture(facts: CaptureFacts): CaptureEffect {
  const { lastTermEndsAt, benefitsUntil, paidAt, purpose } = facts;
  // What an add-on cost pays for no term (3.1.3).
  if (!isLive(facts.status) || purpose === 'add_on') return { kind: 'give_back', clause: '3.3.1' };
  const uninterrupted = lastTermEndsAt !== null && benefitsUntil !== null && paidAt < benefitsUntil;
  const startsAt = uninterrupted ? lastTermEndsAt : paidAt;
  return {
    kind: 'start_term',
    move: MOVE_OF[purpose],
    startsAt,
    endsAt: plusDays(startsAt, facts.paidTermDays),
    clause: purpose === 'conversion' ? '3.2.1' : '3.3.1',
  };
}

export interface DeclineFacts {
  purpose: ChargePurpose;
  status: SubscriptionStatus;
  decline: DeclineKind;
  firstFailedAt: Date | null;
  dunning: Dunning;
  now: Date;
}

export type DeclineEffect =
  | { kind: 'none' }
  | { kind: 'end'; move: 'abandon' | 'expire'; reason: EndReason; clause: string }
  | { kind: 'overdue'; firstFailedAt: Date; retryAt: Date | null; clause: '5.1' };

/** A declined first charge ends the subscription at once; a later one makes it overdue until paid or given up. */
export function settleDecline(facts: DeclineFacts): DeclineEffect {
  // The running term is paid for: a declined early renewal changes nothing (3.3.1).
  if (!isLive(facts.status) || facts.purpose === 'early_renewal') return { kind: 'none' };
  if (facts.status === 'pending_payment') {
    return { kind: 'end', move: 'abandon', reason: 'payment_declined', clause: '3.1.2' };
  }
  const firstFailedAt = facts.firstFailedAt ?? facts.now;
  const plan = planAfterDecline(facts.decline, firstFailedAt, facts.now, facts.dunning);
  if (plan === 'give_up') return { kind: 'end', move: 'expire', reason: 'payment_failed', clause: '5.1' };
  return { kind: 'overdue', firstFailedAt, retryAt: plan.retryAt, clause: '5.1' };
}
