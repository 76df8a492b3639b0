/** How attempts are named, and when a failed payment is tried again or given up (rules 6, 11). */
import fc from 'fast-check';
import { chargeReference, planAfterDecline, type DeclineKind, type Dunning } from '../../src/domain/charge.js';

const HOUR = 3_600_000;
const DAY = 86_400_000;

describe('the reference of an attempt', () => {
  const id = '0193b1c6-7d3a-7000-8000-000000000001';

  it('says subscription, term, purpose and attempt', () => {
    expect(chargeReference(id, 2, 'conversion', 3)).toBe(`charge_${id}_2_conversion_3`);
  });

  it('is the same for the same facts and another for any other', () => {
    const facts = fc.tuple(
      fc.uuid(),
      fc.integer({ min: 1, max: 999 }),
      fc.constantFrom('first' as const, 'conversion' as const, 'renewal' as const),
      fc.integer({ min: 1, max: 999 }),
    );
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(chargeReference(...one) === chargeReference(...other)).toBe(same);
        expect(chargeReference(...one)).toBe(chargeReference(...one));
        expect(chargeReference(...one)).not.toContain(':');
      }),
    );
  });
});

describe('after a decline', () => {
  const failed = Date.parse('2026-03-31T10:00:00.000Z');
  const usual: Dunning = { dunningRetryHours: [12, 24, 48, 96, 168], dunningDays: 7 };
  const plan = (kind: DeclineKind, afterMs: number, dunning = usual): string => {
    const planned = planAfterDecline(kind, new Date(failed), new Date(failed + afterMs), dunning);
    if (planned === 'give_up') return 'give up';
    expect(planned.giveUpAt.getTime()).toBe(failed + dunning.dunningDays * DAY);
    return planned.retryAt === null
      ? 'wait for the member'
      : `retry at ${(planned.retryAt.getTime() - failed) / HOUR} h`;
  };

  it.each([
    [0, 'retry at 12 h'],
    [1, 'retry at 12 h'],
    [12 * HOUR - 1, 'retry at 12 h'],
    [12 * HOUR, 'retry at 24 h'],
    [DAY - 1, 'retry at 24 h'],
    [DAY, 'retry at 48 h'],
    [2 * DAY - 1, 'retry at 48 h'],
    [2 * DAY, 'retry at 96 h'],
    [4 * DAY - 1, 'retry at 96 h'],
    [4 * DAY, 'retry at 168 h'],
    [7 * DAY - 1, 'retry at 168 h'],
    [7 * DAY, 'give up'],
    [7 * DAY + 1, 'give up'],
    [30 * DAY, 'give up'],
  ])('a soft one %i ms after the first failure: %s', (afterMs, then) => {
    expect(plan('soft', afterMs)).toBe(then);
  });

  it.each([
    ['hard', 0, 'wait for the member'],
    ['hard', 7 * DAY - 1, 'wait for the member'],
    ['hard', 7 * DAY, 'give up'],
    ['authentication', 0, 'wait for the member'],
    ['authentication', 7 * DAY - 1, 'wait for the member'],
    ['authentication', 7 * DAY, 'give up'],
  ] as const)('one that is %s, %i ms after the first failure: %s', (kind, afterMs, then) => {
    expect(plan(kind, afterMs)).toBe(then);
  });

  const short: Dunning = { dunningRetryHours: [6, 24], dunningDays: 3 };
  it.each([
    [0, 'retry at 6 h'],
    [6 * HOUR, 'retry at 24 h'],
    [DAY, 'wait for the member'],
    [3 * DAY - 1, 'wait for the member'],
    [3 * DAY, 'give up'],
  ])('a market has its own schedule: %i ms after the first failure: %s', (afterMs, then) => {
    expect(plan('soft', afterMs, short)).toBe(then);
  });

  it('declined at every retry, it is tried five times and then given up', () => {
    const triedAt: number[] = [];
    let afterMs = 0;
    for (let next = plan('soft', afterMs); next !== 'give up'; next = plan('soft', afterMs)) {
      afterMs = Number(next.split(' ')[2]) * HOUR;
      triedAt.push(afterMs / HOUR);
    }
    expect(triedAt).toEqual([12, 24, 48, 96, 168]);
  });
});
