/** A day of term arithmetic is 24 hours, whatever clocks do. */
import { DAY_MS, HOUR_MS, plusDays, plusMs } from '../../src/domain/instant.js';

it('counts in milliseconds', () => {
  expect([HOUR_MS, DAY_MS]).toEqual([3_600_000, 86_400_000]);
});

it.each([
  ['2026-03-01T10:00:00.000Z', 1, '2026-03-02T10:00:00.000Z'],
  ['2026-03-28T10:00:00.000Z', 1, '2026-03-29T10:00:00.000Z'],
  ['2027-03-01T00:00:00.000Z', 365, '2028-02-29T00:00:00.000Z'],
  ['2026-03-01T10:00:00.000Z', 365, '2027-03-01T10:00:00.000Z'],
  ['2026-03-01T10:00:00.000Z', 0, '2026-03-01T10:00:00.000Z'],
])('%s plus %i days is %s', (from, days, to) => {
  expect(plusDays(new Date(from), days).toISOString()).toBe(to);
});

it('leaves the instant it is given alone', () => {
  const at = new Date('2026-03-01T10:00:00.000Z');
  expect(plusMs(at, 1).toISOString()).toBe('2026-03-01T10:00:00.001Z');
  expect(at.toISOString()).toBe('2026-03-01T10:00:00.000Z');
});
