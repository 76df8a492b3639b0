/**
 * What happens when a term reaches its end (3.2.1, 3.3.1, 5.1): the next one is charged, or the membership expires.
 * Never before the end, and never against the member's word. Order of the reasons not to charge: a suspension, the
 * member's own choice, a consent that is missing, a market that sells no more, a notice that the market demands
 * and nobody can prove.
 */
import type { EndReason } from './end-reason.js';
import { Refusal } from './refusal.js';
import type { Subscription, TermKind } from './subscription.js';

export interface TermEndFacts {
  now: Date;
  term: { kind: TermKind; endsAt: Date };
  autoRenewal: boolean;
  consentRequired: boolean;
  consentedAt: Date | null;
  marketOpen: boolean;
  /** When the market's memberships end (5.4); null as long as no end is approved. */
  marketEndsAt: Date | null;
  suspended: boolean;
  /** A paid term whose market demands proof that the renewal was announced, and there is none. */
  noticeMissing: boolean;
}

export type TermEndDecision =
  | { kind: 'wait' }
  | { kind: 'charge'; purpose: 'conversion' | 'renewal'; clause: string }
  | { kind: 'expire'; reason: EndReason; clause: string };

export function decideTermEnd(facts: TermEndFacts): TermEndDecision {
  const trial = facts.term.kind === 'trial';
  const clause = trial ? '3.2.1' : '3.3.1';
  if (facts.now < facts.term.endsAt) return { kind: 'wait' };
  // The market's end came first, with the days left, however late this is looked at.
  if (facts.marketEndsAt !== null && facts.marketEndsAt < facts.term.endsAt) return { kind: 'wait' };
  if (facts.suspended) return { kind: 'expire', reason: 'suspended', clause: '5.1' };
  if (facts.term.kind === 'temporary') return { kind: 'expire', reason: 'temporary_ended', clause: '8.2' };
  if (!facts.autoRenewal) return { kind: 'expire', reason: trial ? 'opted_out' : 'auto_renewal_off', clause };
  if (trial && facts.consentRequired && facts.consentedAt === null) {
    return { kind: 'expire', reason: 'consent_missing', clause };
  }
  if (!facts.marketOpen) return { kind: 'expire', reason: 'market_closed', clause: '5.4' };
  if (!trial && facts.noticeMissing) return { kind: 'expire', reason: 'notice_missing', clause: '4.8' };
  return { kind: 'charge', purpose: trial ? 'conversion' : 'renewal', clause };
}

/** A choice about what follows a term can be made until the term ends, and not at its end (3.2.1, 3.3.1). */
export function choiceStillOpen(now: Date, term: { endsAt: Date }): boolean {
  return now < term.endsAt;
}

/** Refuses `not_allowed_in_state` where no fee can ever follow: a temporary membership only runs out (8.2). */
export function requireRenewing(subscription: Pick<Subscription, 'startWith'>): void {
  if (subscription.startWith !== 'temporary') return;
  throw new Refusal('not_allowed_in_state', 'A temporary membership is not paid for; it ends with its term.', '8.2');
}
