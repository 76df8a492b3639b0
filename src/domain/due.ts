/**
 * What time itself will do to a subscription, and when: the one instant that polls look at. Also what the member is
 * told of it: the next charge, and until when benefits last.
 */
import { giveUpAt } from './charge.js';
import { HOUR_MS, plusDays, plusMs } from './instant.js';
import type { RulePack } from './rule-pack.js';
import type { DueMove, Subscription, Term } from './subscription.js';

const FIRST_PAYMENT_WITHIN_MS = 23 * HOUR_MS;

export interface Due {
  move: DueMove | null;
  at: Date | null;
}

type DueFacts = Pick<
  Subscription,
  'status' | 'autoRenewal' | 'createdAt' | 'firstFailedAt' | 'retryAt' | 'chargeProgress' | 'suspendedAt'
>;

/** `pack`: the one the last term began under; null where none ever began, and so nothing can be overdue. */
export function nextDue(
  subscription: DueFacts,
  lastTerm: Term | null,
  now: Date,
  pack: Pick<RulePack, 'dunningDays'> | null,
): Due {
  const charge = subscription.chargeProgress;
  switch (subscription.status) {
    case 'pending_payment':
      return { move: 'abandon', at: plusMs(subscription.createdAt, FIRST_PAYMENT_WITHIN_MS) };
    case 'trialing':
    case 'active':
      // An early renewal may still wait for the member when the term ends; then the term's end comes first.
      if (lastTerm === null || charge === 'moving' || charge === 'declined') return { move: null, at: null };
      if (subscription.status === 'active' && lastTerm.startsAt > now)
        return { move: 'begin_term', at: lastTerm.startsAt };
      return { move: lastTerm.kind === 'trial' ? 'convert_trial' : 'renew_term', at: lastTerm.endsAt };
    case 'past_due':
      if (charge === 'moving' || subscription.firstFailedAt === null || pack === null) return { move: null, at: null };
      // After a chargeback auto-renewal is off, and only the member's own word tries again.
      if (mayRetry(subscription)) return { move: 'retry_payment', at: subscription.retryAt };
      return { move: 'give_up_payment', at: giveUpAt(subscription.firstFailedAt, pack) };
    default:
      return { move: null, at: null };
  }
}

function mayRetry({ chargeProgress, retryAt, suspendedAt, autoRenewal }: DueFacts): boolean {
  return chargeProgress === 'declined' && retryAt !== null && suspendedAt === null && autoRenewal;
}

/** The term that runs at an instant or ran last; one bought early is not yet it. Null when none ever began. */
export function currentTerm<T extends Pick<Term, 'startsAt'>>(terms: readonly T[], at: Date): T | null {
  return terms.filter((term) => term.startsAt <= at).at(-1) ?? null;
}

/** The term bought early that waits for the current one's end (rules 5); at most one does. */
export function waitingTerm<T extends Pick<Term, 'startsAt'>>(terms: readonly T[], at: Date): T | null {
  return terms.find((term) => term.startsAt > at) ?? null;
}

/** When the member is next charged as things stand; null when nothing will be. */
export function nextChargeAt(subscription: Subscription): Date | null {
  const { dueMove, dueAt, autoRenewal, suspendedAt } = subscription;
  if (dueMove === 'retry_payment') return dueAt;
  if (suspendedAt !== null) return null;
  return autoRenewal && (dueMove === 'convert_trial' || dueMove === 'renew_term') ? dueAt : null;
}

/**
 * Until when benefits are on (exclusive): the term's end, and where a charge for the next term is still open the
 * market's grace on top (rules 6). Null when no term ever began.
 */
export function benefitsUntil(
  lastTerm: Pick<Term, 'kind' | 'endsAt'> | null,
  willBeCharged: boolean,
  pack: Pick<RulePack, 'renewalGraceDays' | 'conversionGraceDays'>,
): Date | null {
  if (lastTerm === null) return null;
  if (!willBeCharged) return lastTerm.endsAt;
  const graceDays = lastTerm.kind === 'trial' ? pack.conversionGraceDays : pack.renewalGraceDays;
  return plusDays(lastTerm.endsAt, graceDays);
}
