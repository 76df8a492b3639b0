/**
 * Which benefits are on for a member and whether one may be used (4.1, 4.2, 4.5, 4.7). Derived at an instant from the
 * market's catalogue, the term that serves the member and what risk has frozen.
 */
import type { Entitlement } from './entitlement.js';
import { plusDays } from './instant.js';
import { Refusal } from './refusal.js';
import type { Term } from './subscription.js';

export interface Benefit {
  code: string;
  kind: string;
  description: string;
  /** Days from the start of each term; absent = as long as the term (4.2). */
  validDays?: number;
}

export interface BenefitFacts {
  entitlement: Entitlement;
  /** The term that serves the member, in grace the one that ran out. */
  term: Pick<Term, 'startsAt'> | null;
  catalogue: readonly Benefit[];
  frozen: ReadonlySet<string>;
  at: Date;
}

function isValid(benefit: Benefit, { term, at }: BenefitFacts): boolean {
  if (term === null) return false;
  return benefit.validDays === undefined || at < plusDays(term.startsAt, benefit.validDays);
}

/** The benefits that are on: granted by the market, still valid, not frozen; none outside entitlement. */
export function benefitsOn(facts: BenefitFacts): Benefit[] {
  if (!facts.entitlement.entitled) return [];
  return facts.catalogue.filter((benefit) => isValid(benefit, facts) && !facts.frozen.has(benefit.code));
}

/**
 * Refuses `not_entitled` in this order: no entitlement (its own clause), a benefit the market does not grant (4.1), one
 * past its validity (4.2), one that is frozen (4.5).
 */
export function checkBenefitUse(code: string, facts: BenefitFacts): void {
  const { entitlement, catalogue, frozen } = facts;
  if (!entitlement.entitled)
    throw notEntitled(`there is no entitlement now: ${entitlement.reason}`, entitlement.clause);
  const benefit = catalogue.find((one) => one.code === code);
  if (benefit === undefined) throw notEntitled(`the market grants no benefit ${code}`, '4.1');
  if (!isValid(benefit, facts)) {
    throw notEntitled(`${code} was valid for ${benefit.validDays} days of the term, and they have passed`, '4.2');
  }
  if (frozen.has(code)) throw notEntitled(`${code} is frozen`, '4.5');
}

function notEntitled(why: string, clause: string): Refusal {
  return new Refusal('not_entitled', `The benefit cannot be used: ${why}.`, clause);
}
