/**
 * What happens when a term reaches its end (3.2.1, 3.3.1, 5.1): the next one is charged, or the membership expires.
 * Never before the end, and never against the member's word. Order of the reasons not to charge: the member's own
 * choice, a consent that is missing, a market that sells no more.
 */
import type { EndReason, TermKind } from './subscription.js';

export interface TermEndFacts {
  now: Date;
  term: { kind: TermKind; endsAt: Date };
  autoRenewal: boolean;
  consentRequired: boolean;
  consentedAt: Date | null;
  marketOpen: boolean;
}

export type TermEndDecision =
  | { kind: 'wait' }
  | { kind: 'charge'; purpose: 'conversion' | 'renewal'; clause: string }
  | { kind: 'expire'; reason: EndReason; clause: string };

export function decideTermEnd(facts: TermEndFacts): TermEndDecision {
  const trial = facts.term.kind === 'trial';
  const clause = trial ? '3.2.1' : '3.3.1';
  if (facts.now < facts.term.endsAt) return { kind: 'wait' };
  if (!facts.autoRenewal) return { kind: 'expire', reason: trial ? 'opted_out' : 'auto_renewal_off', clause };
  if (trial && facts.consentRequired && facts.consentedAt === null) {
    return { kind: 'expire', reason: 'consent_missing', clause };
  }
  if (!facts.marketOpen) return { kind: 'expire', reason: 'market_closed', clause: '5.4' };
  return { kind: 'charge', purpose: trial ? 'conversion' : 'renewal', clause };
}

/** A choice about what follows a term can be made until the term ends, and not at its end (3.2.1, 3.3.1). */
export function choiceStillOpen(now: Date, term: { endsAt: Date }): boolean {
  return now < term.endsAt;
}
