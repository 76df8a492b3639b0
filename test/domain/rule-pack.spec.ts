/** Which of several dated things is in force, and which terms have a cancellation period. */
import fc from 'fast-check';
import {
  contradictionsOf,
  hasCancellationPeriod,
  inForceAt,
  parseRulePack,
  type RulePack,
  type StoredRulePack,
} from '../../src/domain/rule-pack.js';

const dated = (version: number, iso: string): { version: number; effectiveFrom: Date } => ({
  version,
  effectiveFrom: new Date(iso),
});
const spring = dated(1, '2026-03-01T00:00:00.000Z');
const summer = dated(2, '2026-06-01T00:00:00.000Z');
const autumn = dated(3, '2026-09-01T00:00:00.000Z');

describe('inForceAt', () => {
  it.each([
    ['2026-02-28T23:59:59.999Z', null],
    ['2026-03-01T00:00:00.000Z', 1],
    ['2026-05-31T23:59:59.999Z', 1],
    ['2026-06-01T00:00:00.000Z', 2],
    ['2026-08-31T23:59:59.999Z', 2],
    ['2026-09-01T00:00:00.000Z', 3],
    ['2099-01-01T00:00:00.000Z', 3],
  ])('at %s: %s', (iso, version) => {
    for (const order of [
      [spring, summer, autumn],
      [autumn, summer, spring],
      [summer, autumn, spring],
    ]) {
      expect(inForceAt(order, new Date(iso))?.version ?? null).toBe(version);
    }
  });

  it('is nothing where nothing was published', () => {
    expect(inForceAt([], new Date('2026-03-01T00:00:00.000Z'))).toBeNull();
  });

  it('of two effective at the same instant, takes the one listed last', () => {
    const again = dated(4, '2026-06-01T00:00:00.000Z');
    expect(inForceAt([spring, summer, again], new Date('2026-07-01T00:00:00.000Z'))?.version).toBe(4);
    expect(inForceAt([again, summer, spring], new Date('2026-07-01T00:00:00.000Z'))?.version).toBe(2);
  });

  it('never takes one of the future, nor one that a later one has replaced', () => {
    const days = fc.array(fc.nat(1000), { maxLength: 8 });
    fc.assert(
      fc.property(days, fc.nat(1000), (starts, today) => {
        const found = inForceAt(
          starts.map((start) => ({ effectiveFrom: new Date(start) })),
          new Date(today),
        );
        const begun = starts.filter((start) => start <= today);
        expect(found?.effectiveFrom.getTime() ?? null).toBe(begun.length === 0 ? null : Math.max(...begun));
      }),
    );
  });
});

describe('hasCancellationPeriod', () => {
  const pack = { coolingOff: 'first_paid_term', cancellationPeriodDays: 14 } as RulePack;

  it.each([
    ['first_paid_term', 14, true, true],
    ['first_paid_term', 14, false, false],
    ['first_paid_term', 0, true, false],
    ['first_paid_term', 0, false, false],
    ['every_paid_term', 14, true, true],
    ['every_paid_term', 14, false, true],
    ['every_paid_term', 1, false, true],
    ['every_paid_term', 0, true, false],
    ['every_paid_term', 0, false, false],
  ] as const)('%s, %i days, first paid term %s: %s', (coolingOff, cancellationPeriodDays, first, has) => {
    expect(hasCancellationPeriod({ ...pack, coolingOff, cancellationPeriodDays }, first)).toBe(has);
  });
});

describe('parseRulePack', () => {
  const stored = (numbers: Record<string, unknown>): StoredRulePack => ({
    country: 'ES',
    version: 3,
    effectiveFrom: new Date('2026-03-01T00:00:00.000Z'),
    numbers: Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { value, source: 'a test' }])),
  });

  it('takes what a version says, and the default of every number it is too old to know', () => {
    const pack = parseRulePack(stored({ trialDays: 14, timeZone: 'Europe/Madrid' }));
    expect(pack).toMatchObject({ country: 'ES', version: 3, trialDays: 14, timeZone: 'Europe/Madrid' });
    expect(pack).toMatchObject({
      trialNoticeDays: [7, 3],
      renewalNoticeDays: [40, 7],
      dunningRetryHours: [12, 24, 48, 96, 168],
      dunningDays: 7,
      renewalRequiresNotice: null,
      refundDeadlineDays: null,
    });
  });

  it('refuses a number it does not know: a newer build has published it', () => {
    expect(() => parseRulePack(stored({ moonPhase: 1 }))).toThrow('ES 3 has moonPhase');
  });

  it.each([
    [{}, 0],
    [{ dunningDays: 6 }, 1],
    [{ dunningRetryHours: [6, 24], dunningDays: 1 }, 0],
    [{ dunningRetryHours: [25], dunningDays: 1 }, 1],
    [{ dunningRetryHours: [], dunningDays: 1 }, 0],
  ])('%j contradicts itself %i times', (numbers, times) => {
    expect(contradictionsOf(parseRulePack(stored(numbers)))).toHaveLength(times);
  });
});
