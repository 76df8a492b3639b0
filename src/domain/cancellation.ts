/**
 * What cancelling returns (3.4.1, 3.4.2, rules 7). Facts in, money out: the caller never names an amount. All integers,
 * rounded half up once.
 */
import { DAY_MS } from './instant.js';
import { shareOf, upToStep } from './money.js';
import type { RulePack } from './rule-pack.js';
import type { TermKind } from './subscription.js';

export type RefundBasis = 'none' | 'full' | 'full_less_benefits' | 'pro_rata' | 'compensation' | 'adopted';

export interface CancellationFacts {
  effectiveAt: Date;
  /** The market's; what nothing is counted in when nothing was paid. */
  currency: string;
  /** The term that runs, or ran last; null when none ever began. */
  term: {
    kind: TermKind;
    startsAt: Date;
    endsAt: Date;
    cancellationPeriodEndsAt: Date | null;
    charge: { id: string; paidMinor: number; returnedMinor: number; currency: string } | null;
  } | null;
  rules: Pick<RulePack, 'benefitDeduction' | 'startedDay'>;
  benefitValueUsedMinor: number;
  /** The least step of minor units in which the payment channel carries the currency. */
  stepMinor: number;
  /** What else was paid and not begun or used: it goes back in full beside the term's own refund. */
  unused?: UnusedPayment[];
}

export interface UnusedPayment {
  kind: 'waiting_term' | 'add_on';
  description: string;
  clause: string;
  charge: { id: string; paidMinor: number; returnedMinor: number };
}

/** The part of a cancellation that goes back against one charge. */
export interface RefundPart {
  chargeId: string;
  basis: RefundBasis;
  clause: string;
  amountMinor: number;
  formula: string;
}

export interface CancellationLine {
  kind:
    'paid' | 'benefit_deduction' | 'time_deduction' | 'days_left' | 'step' | 'already_returned' | UnusedPayment['kind'];
  description: string;
  amountMinor: number;
  daysLeft?: number;
  termDays?: number;
  clause: string;
}

export interface CancellationQuote {
  basis: RefundBasis;
  clause: string;
  /** The sum of the parts. */
  refundMinor: number;
  currency: string;
  /** One per charge that gives something back. */
  refunds: RefundPart[];
  lines: CancellationLine[];
  /** The inputs and the sum in words, as the timeline and the refund show it. */
  formula: string;
}

/** Whole days of the term: 365 for a paid one, more where days were given back. */
export function termDays(term: { startsAt: Date; endsAt: Date }): number {
  return Math.round((term.endsAt.getTime() - term.startsAt.getTime()) / DAY_MS);
}

/** Days of service left at an instant: a begun day counts as left, unless the market's rule says `used`. */
export function daysLeft(term: { startsAt: Date; endsAt: Date }, at: Date, startedDay: RulePack['startedDay']): number {
  const days = (term.endsAt.getTime() - at.getTime()) / DAY_MS;
  const whole = startedDay === 'left' ? Math.ceil(days) : Math.floor(days);
  return Math.min(Math.max(whole, 0), termDays(term));
}

/**
 * Decides basis and amount: nothing paid → `none` (3.2.1); inside the cancellation period → all of it less the market's
 * deduction (3.4.1); outside → the days left (3.4.2). What was paid and not begun goes back in full beside it (3.3.1).
 * Up to the step of the payment channel, in the member's favour, and never more than was paid less what went back already.
 */
export function quoteCancellation(facts: CancellationFacts): CancellationQuote {
  const own = quoteTerm(facts);
  const unused = (facts.unused ?? []).map(returnUnused);
  const refunds = [...own.refunds, ...unused.map(({ part }) => part)].filter((part) => part.amountMinor > 0);
  return {
    ...own,
    currency: facts.currency,
    refundMinor: refunds.reduce((sum, part) => sum + part.amountMinor, 0),
    refunds,
    lines: [...own.lines, ...unused.map(({ line }) => line)],
  };
}

/**
 * What the end of a market returns (5.4): the days left of the running term, also inside the cancellation period, and
 * in full what had not begun.
 */
export function quoteDiscontinuation(facts: CancellationFacts): CancellationQuote {
  const term = facts.term === null ? null : { ...facts.term, cancellationPeriodEndsAt: null };
  const unused = (facts.unused ?? []).map((one) => ({ ...one, clause: DISCONTINUATION }));
  const quote = quoteCancellation({ ...facts, term, unused });
  return {
    ...quote,
    clause: DISCONTINUATION,
    refunds: quote.refunds.map((part) => ({ ...part, clause: DISCONTINUATION })),
    lines: quote.lines.map((line) => ({ ...line, clause: DISCONTINUATION })),
  };
}

const DISCONTINUATION = '5.4';

type OwnPart = Pick<CancellationQuote, 'basis' | 'clause' | 'refunds' | 'lines' | 'formula'>;

function quoteTerm(facts: CancellationFacts): OwnPart {
  const { term } = facts;
  if (term === null || term.charge === null) {
    const formula = 'nothing was paid for this term, so nothing goes back';
    return { basis: 'none', clause: '3.2.1', refunds: [], lines: [], formula };
  }
  const inside = term.cancellationPeriodEndsAt !== null && facts.effectiveAt < term.cancellationPeriodEndsAt;
  const {
    basis,
    clause,
    formula: decidedBy,
    ...decided
  } = inside ? insideThePeriod(facts, term) : outsideThePeriod(facts, term);
  const { paidMinor, returnedMinor, id: chargeId } = term.charge;
  const { stepMinor } = facts;
  const steppedMinor = upToStep(decided.refundMinor, stepMinor);
  const amountMinor = Math.min(steppedMinor, paidMinor - returnedMinor);
  const lines = [paidLine(paidMinor, clause), ...decided.lines];
  let formula = decidedBy;
  if (steppedMinor > decided.refundMinor) {
    formula += `, in steps of ${stepMinor} = ${steppedMinor}`;
    lines.push({
      kind: 'step',
      description: `up to the next step of ${stepMinor} that the payment channel carries`,
      amountMinor: steppedMinor - decided.refundMinor,
      clause,
    });
  }
  if (amountMinor < steppedMinor) {
    formula += `, at most ${paidMinor} − ${returnedMinor} already returned = ${amountMinor}`;
    lines.push({
      kind: 'already_returned',
      description: 'already returned, on its way back, or held back by the bank',
      amountMinor: amountMinor - steppedMinor,
      clause,
    });
  }
  return { basis, clause, refunds: [{ chargeId, basis, clause, amountMinor, formula }], lines, formula };
}

function returnUnused({ kind, description, clause, charge }: UnusedPayment): {
  part: RefundPart;
  line: CancellationLine;
} {
  const amountMinor = charge.paidMinor - charge.returnedMinor;
  const formula = `${charge.paidMinor} paid, not begun = ${amountMinor}`;
  return {
    part: { chargeId: charge.id, basis: 'full', clause, amountMinor, formula },
    line: { kind, description, amountMinor, clause },
  };
}

type ChargedTerm = NonNullable<CancellationFacts['term']>;
type Decided = Pick<CancellationQuote, 'basis' | 'clause' | 'refundMinor' | 'lines' | 'formula'>;

function paidLine(amountMinor: number, clause: string): CancellationLine {
  return { kind: 'paid', description: 'paid for this term', amountMinor, clause };
}

function insideThePeriod(facts: CancellationFacts, term: ChargedTerm): Decided {
  const paidMinor = term.charge?.paidMinor ?? 0;
  const clause = '3.4.1';
  if (facts.rules.benefitDeduction === 'none') {
    return {
      basis: 'full_less_benefits',
      clause,
      refundMinor: paidMinor,
      lines: [],
      formula: `${paidMinor} paid − 0 deducted = ${paidMinor}`,
    };
  }
  const byValue = facts.rules.benefitDeduction === 'value_used';
  const days = termDays(term);
  const used = days - daysLeft(term, facts.effectiveAt, 'used');
  const wanted = byValue ? facts.benefitValueUsedMinor : shareOf(paidMinor, used, days);
  const deductedMinor = Math.min(wanted, paidMinor);
  const line: CancellationLine = byValue
    ? { kind: 'benefit_deduction', description: 'value of benefits used', amountMinor: -deductedMinor, clause }
    : {
        kind: 'time_deduction',
        description: `${used} started days of ${days} used`,
        amountMinor: -deductedMinor,
        termDays: days,
        clause,
      };
  const refundMinor = paidMinor - deductedMinor;
  return {
    basis: 'full_less_benefits',
    clause,
    refundMinor,
    lines: deductedMinor > 0 ? [line] : [],
    formula: `${paidMinor} paid − ${deductedMinor} deducted = ${refundMinor}`,
  };
}

function outsideThePeriod(facts: CancellationFacts, term: ChargedTerm): Decided {
  const paidMinor = term.charge?.paidMinor ?? 0;
  const days = termDays(term);
  const left = daysLeft(term, facts.effectiveAt, facts.rules.startedDay);
  const refundMinor = shareOf(paidMinor, left, days);
  return {
    basis: 'pro_rata',
    clause: '3.4.2',
    refundMinor,
    lines: [
      {
        kind: 'days_left',
        description: `${left} of ${days} days left`,
        amountMinor: refundMinor - paidMinor,
        daysLeft: left,
        termDays: days,
        clause: '3.4.2',
      },
    ],
    formula: `${paidMinor} paid × ${left} days left / ${days} days = ${refundMinor}`,
  };
}
