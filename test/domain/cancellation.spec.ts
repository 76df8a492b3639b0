/** What cancelling returns: every worked row of the rules to the minor unit, and what must hold for every instant. */
import fc from 'fast-check';
import {
  daysLeft,
  quoteCancellation,
  quoteDiscontinuation,
  termDays,
  type CancellationFacts,
  type CancellationQuote,
  type UnusedPayment,
} from '../../src/domain/cancellation.js';

const DAY = 86_400_000;
const startsAt = new Date('2026-03-01T10:00:00.000Z');
const endsAt = new Date('2027-03-01T10:00:00.000Z');
// 14 calendar days in Europe/Madrid.
const periodEndsAt = new Date('2026-03-15T23:00:00.000Z');

interface Asked {
  at: Date | string;
  paid?: number;
  currency?: string;
  returned?: number;
  deduction?: 'none' | 'value_used' | 'time_used';
  startedDay?: 'left' | 'used';
  used?: number;
  period?: Date | null;
  end?: Date;
  step?: number;
}

function factsOf(asked: Asked): CancellationFacts & { term: object } {
  const {
    paid = 4999,
    currency = 'EUR',
    returned = 0,
    deduction = 'none',
    startedDay = 'left',
    used = 0,
    step = 1,
  } = asked;
  return {
    effectiveAt: new Date(asked.at),
    currency,
    term: {
      kind: 'paid',
      startsAt,
      endsAt: asked.end ?? endsAt,
      cancellationPeriodEndsAt: asked.period === undefined ? periodEndsAt : asked.period,
      charge: { id: 'charge-1', paidMinor: paid, returnedMinor: returned, currency },
    },
    rules: { benefitDeduction: deduction, startedDay },
    benefitValueUsedMinor: used,
    stepMinor: step,
  };
}

const quote = (asked: Asked): CancellationQuote => quoteCancellation(factsOf(asked));

describe('the worked rows', () => {
  const rows: [what: string, asked: Asked, basis: string, refund: number][] = [
    [
      'a EUR 5.00 coupon used',
      { at: '2026-03-10T09:00:00.000Z', deduction: 'value_used', used: 500 },
      'full_less_benefits',
      4499,
    ],
    ['the last second of the period', { at: '2026-03-15T22:59:59.000Z' }, 'full_less_benefits', 4999],
    ['the last millisecond of the period', { at: '2026-03-15T22:59:59.999Z' }, 'full_less_benefits', 4999],
    ['16 March has begun: 351 of 365', { at: '2026-03-15T23:00:00.000Z' }, 'pro_rata', 4807],
    ['265 days left exactly', { at: '2026-06-09T10:00:00.000Z' }, 'pro_rata', 3629],
    ['265 exactly, a started day is used', { at: '2026-06-09T10:00:00.000Z', startedDay: 'used' }, 'pro_rata', 3629],
    ['a second into the day', { at: '2026-06-09T10:00:01.000Z' }, 'pro_rata', 3629],
    ['a second into the day, used', { at: '2026-06-09T10:00:01.000Z', startedDay: 'used' }, 'pro_rata', 3616],
    ['the last day', { at: '2027-02-28T10:00:00.000Z' }, 'pro_rata', 14],
    ['JPY, 100 days left', { at: '2026-11-21T10:00:00.000Z', paid: 4900, currency: 'JPY' }, 'pro_rata', 1342],
    ['KWD, 100 days left', { at: '2026-11-21T10:00:00.000Z', paid: 15_000, currency: 'KWD' }, 'pro_rata', 4110],
    ['the last millisecond', { at: '2027-03-01T09:59:59.999Z' }, 'pro_rata', 14],
    ['the last millisecond, used', { at: '2027-03-01T09:59:59.999Z', startedDay: 'used' }, 'pro_rata', 0],
    ['the end itself', { at: '2027-03-01T10:00:00.000Z' }, 'pro_rata', 0],
    ['long after the end', { at: '2028-03-01T10:00:00.000Z' }, 'pro_rata', 0],
    ['at once, in a market without a period', { at: startsAt, period: null }, 'pro_rata', 4999],
    [
      'a millisecond later, used',
      { at: '2026-03-01T10:00:00.001Z', period: null, startedDay: 'used' },
      'pro_rata',
      4985,
    ],
  ];

  it.each(rows)('%s', (_, asked, basis, refund) => {
    const { currency = 'EUR' } = asked;
    const clause = basis === 'pro_rata' ? '3.4.2' : '3.4.1';
    expect(quote(asked)).toMatchObject({ basis, clause, refundMinor: refund, currency });
  });
});

describe('inside the cancellation period', () => {
  const at = '2026-03-10T09:00:00.000Z';

  it.each([
    [0, 4999],
    [1, 4998],
    [4998, 1],
    [4999, 0],
    [5000, 0],
    [1_000_000, 0],
  ])('benefits worth %i leave %i', (used, refund) => {
    expect(quote({ at, deduction: 'value_used', used }).refundMinor).toBe(refund);
    expect(quote({ at, deduction: 'none', used }).refundMinor).toBe(4999);
  });

  it.each([
    // Nothing has begun; a begun day counts as used: 4999 − 4999 × days / 365.
    ['2026-03-01T10:00:00.000Z', 4999],
    ['2026-03-01T10:00:00.001Z', 4985],
    ['2026-03-02T10:00:00.000Z', 4985],
    ['2026-03-02T10:00:00.001Z', 4972],
    ['2026-03-10T10:00:00.000Z', 4876],
    ['2026-03-15T22:59:59.999Z', 4794],
  ])('by time used, at %s: %i', (instant, refund) => {
    expect(quote({ at: instant, deduction: 'time_used' })).toMatchObject({
      basis: 'full_less_benefits',
      clause: '3.4.1',
      refundMinor: refund,
    });
    // The market's word on started days is for outside the period.
    expect(quote({ at: instant, deduction: 'time_used', startedDay: 'used' }).refundMinor).toBe(refund);
  });

  it('shows what was paid and what was deducted', () => {
    const clause = '3.4.1';
    const paid = { kind: 'paid', description: 'paid for this term', amountMinor: 4999, clause };
    expect(quote({ at }).lines).toEqual([paid]);
    expect(quote({ at, deduction: 'value_used' }).lines).toEqual([paid]);
    expect(quote({ at, deduction: 'value_used', used: 500 })).toMatchObject({
      lines: [paid, { kind: 'benefit_deduction', amountMinor: -500, clause }],
      formula: '4999 paid − 500 deducted = 4499',
    });
    // Nine days begun: 4999 × 9 / 365 = 123.26.
    expect(quote({ at, deduction: 'time_used' })).toMatchObject({
      lines: [paid, { kind: 'time_deduction', amountMinor: -123, termDays: 365, clause }],
      formula: '4999 paid − 123 deducted = 4876',
    });
  });
});

describe('outside the cancellation period', () => {
  it('shows what was paid and the days left', () => {
    const clause = '3.4.2';
    expect(quote({ at: '2026-06-09T10:00:00.000Z' })).toEqual({
      basis: 'pro_rata',
      clause,
      refundMinor: 3629,
      currency: 'EUR',
      refunds: [
        {
          chargeId: 'charge-1',
          basis: 'pro_rata',
          clause,
          amountMinor: 3629,
          formula: '4999 paid × 265 days left / 365 days = 3629',
        },
      ],
      lines: [
        { kind: 'paid', description: 'paid for this term', amountMinor: 4999, clause },
        {
          kind: 'days_left',
          description: '265 of 365 days left',
          amountMinor: -1370,
          daysLeft: 265,
          termDays: 365,
          clause,
        },
      ],
      formula: '4999 paid × 265 days left / 365 days = 3629',
    });
  });

  it('takes no notice of benefits used', () => {
    expect(quote({ at: '2026-06-09T10:00:00.000Z', deduction: 'value_used', used: 4999 }).refundMinor).toBe(3629);
    expect(quote({ at: '2026-06-09T10:00:00.000Z', deduction: 'time_used' }).refundMinor).toBe(3629);
  });

  it('counts days that were given back', () => {
    const longer = new Date(endsAt.getTime() + 10 * DAY);
    // 4999 × 275 / 375 = 3665.93
    expect(quote({ at: '2026-06-09T10:00:00.000Z', end: longer })).toMatchObject({
      refundMinor: 3666,
      formula: '4999 paid × 275 days left / 375 days = 3666',
    });
  });
});

describe('what went back already', () => {
  it.each([
    ['2026-03-10T09:00:00.000Z', 1000, 3999],
    ['2026-03-10T09:00:00.000Z', 4999, 0],
    ['2026-06-09T10:00:00.000Z', 1370, 3629],
    ['2026-06-09T10:00:00.000Z', 1371, 3628],
    ['2026-06-09T10:00:00.000Z', 4999, 0],
  ])('at %s, of 4999 with %i returned: %i', (at, returned, refund) => {
    const { refundMinor, lines } = quote({ at, returned });
    expect(refundMinor).toBe(refund);
    expect(lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(refund);
  });

  it('has a line of its own, where it matters', () => {
    const kinds = (returned: number): string[] =>
      quote({ at: '2026-06-09T10:00:00.000Z', returned }).lines.map(({ kind }) => kind);
    expect(kinds(1370)).toEqual(['paid', 'days_left']);
    expect(kinds(1371)).toEqual(['paid', 'days_left', 'already_returned']);
  });
});

describe('where nothing was paid nothing goes back', () => {
  const nothing = { basis: 'none', clause: '3.2.1', refundMinor: 0, currency: 'EUR', refunds: [], lines: [] };
  const facts = factsOf({ at: '2026-03-10T09:00:00.000Z' });

  it.each(['trial', 'temporary', 'paid'] as const)('a %s term without a charge', (kind) => {
    expect(quoteCancellation({ ...facts, term: { ...facts.term, kind, charge: null } })).toMatchObject(nothing);
  });

  it('no term at all', () => {
    expect(quoteCancellation({ ...facts, term: null })).toMatchObject(nothing);
  });
});

describe('days', () => {
  const term = { startsAt, endsAt };

  it.each([
    ['2026-02-01T10:00:00.000Z', 365, 365],
    ['2026-03-01T10:00:00.000Z', 365, 365],
    ['2026-03-01T10:00:00.001Z', 365, 364],
    ['2026-03-02T09:59:59.999Z', 365, 364],
    ['2026-03-02T10:00:00.000Z', 364, 364],
    ['2027-02-28T10:00:00.000Z', 1, 1],
    ['2027-02-28T10:00:00.001Z', 1, 0],
    ['2027-03-01T09:59:59.999Z', 1, 0],
    ['2027-03-01T10:00:00.000Z', 0, 0],
    ['2027-03-02T10:00:00.000Z', 0, 0],
  ])('at %s: %i left, or %i where a started day is used', (at, left, used) => {
    expect(daysLeft(term, new Date(at), 'left')).toBe(left);
    expect(daysLeft(term, new Date(at), 'used')).toBe(used);
  });

  it('a term has as many days as 24 hours fit in', () => {
    expect(termDays(term)).toBe(365);
    expect(termDays({ startsAt, endsAt: new Date(endsAt.getTime() + 3 * DAY) })).toBe(368);
  });
});

describe('for every price and instant', () => {
  // As many minor units as a unit of the currency has: 1, 100, 1000.
  const price = fc.constantFrom<[string, number]>(['JPY', 1], ['EUR', 100], ['KWD', 1000]).chain(([currency, minor]) =>
    fc.record({
      currency: fc.constant(currency),
      paid: fc.integer({ min: 1, max: 100_000 * minor }),
    }),
  );
  const length = endsAt.getTime() - startsAt.getTime();
  const instant = fc.integer({ min: -2 * DAY, max: length + 2 * DAY }).map((ms) => new Date(startsAt.getTime() + ms));
  const startedDay = fc.constantFrom('left' as const, 'used' as const);
  const deduction = fc.constantFrom('none' as const, 'value_used' as const, 'time_used' as const);
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  /** Whole days by counting them off, then half up by quotient and remainder. */
  function proRata(paid: number, at: Date, started: 'left' | 'used'): bigint {
    let left = 0n;
    for (let day = 0; day < 365; day += 1) {
      const begins = startsAt.getTime() + day * DAY;
      const counts = started === 'left' ? at.getTime() < begins + DAY : at.getTime() <= begins;
      if (counts) left += 1n;
    }
    const product = BigInt(paid) * left;
    return product / 365n + ((product % 365n) * 2n >= 365n ? 1n : 0n);
  }

  it('pays for the days left, counted one by one', () => {
    fc.assert(
      fc.property(price, instant, startedDay, ({ paid, currency }, at, started) => {
        const asked = { at, paid, currency, startedDay: started, period: null };
        expect(BigInt(quote(asked).refundMinor)).toBe(proRata(paid, at, started));
      }),
    );
  });

  it('never returns more than was paid less what went back, nor less than nothing, and its lines sum to it', () => {
    fc.assert(
      fc.property(
        fc.record({ price, at: instant, startedDay, deduction, returned: share, used: fc.nat(200_000) }),
        ({ price: { paid, currency }, at, returned: part, ...rules }) => {
          const returned = Math.floor(paid * part);
          const { refundMinor, lines } = quote({ at, paid, currency, returned, ...rules });
          expect(Number.isSafeInteger(refundMinor)).toBe(true);
          expect(refundMinor).toBeGreaterThanOrEqual(0);
          expect(refundMinor).toBeLessThanOrEqual(paid - returned);
          expect(lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(refundMinor);
        },
      ),
    );
  });

  it('never returns more for waiting longer', () => {
    const rules = fc.constantFrom<Pick<Asked, 'period' | 'deduction' | 'startedDay'>>(
      { period: null, startedDay: 'left' },
      { period: null, startedDay: 'used' },
      { deduction: 'none', startedDay: 'left' },
      { deduction: 'none', startedDay: 'used' },
      { deduction: 'time_used', period: endsAt },
    );
    fc.assert(
      fc.property(price, instant, fc.nat(40 * DAY), rules, ({ paid, currency }, at, laterMs, rule) => {
        const later = new Date(at.getTime() + laterMs);
        const now = quote({ at, paid, currency, ...rule }).refundMinor;
        expect(quote({ at: later, paid, currency, ...rule }).refundMinor).toBeLessThanOrEqual(now);
      }),
    );
  });
});

describe('the end of a market', () => {
  const waiting: UnusedPayment = {
    kind: 'waiting_term',
    description: 'the next term, not begun',
    clause: '3.3.1',
    charge: { id: 'charge-2', paidMinor: 5999, returnedMinor: 1000 },
  };

  it('returns the days left also inside the cancellation period, and in full what had not begun', () => {
    const facts = factsOf({ at: '2026-03-02T10:00:00.000Z', deduction: 'value_used', used: 500 });
    const ended = quoteDiscontinuation({ ...facts, unused: [waiting] });
    // 4999 × 364 / 365 = 4985.30 → 4985
    expect(ended).toMatchObject({ basis: 'pro_rata', clause: '5.4', refundMinor: 4985 + 4999 });
    expect(ended.refunds).toMatchObject([
      { chargeId: 'charge-1', basis: 'pro_rata', clause: '5.4', amountMinor: 4985 },
      { chargeId: 'charge-2', basis: 'full', clause: '5.4', amountMinor: 4999 },
    ]);
  });

  it('returns a waiting term beside the running one when the member cancels, less what went back already', () => {
    const quoted = quoteCancellation({ ...factsOf({ at: '2026-06-09T10:00:00.000Z' }), unused: [waiting] });
    expect(quoted).toMatchObject({ basis: 'pro_rata', clause: '3.4.2', refundMinor: 3629 + 4999 });
    expect(quoted.lines.at(-1)).toEqual({
      kind: 'waiting_term',
      description: waiting.description,
      amountMinor: 4999,
      clause: '3.3.1',
    });
  });
});
