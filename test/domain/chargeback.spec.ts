/** Which refunds the lost money has paid, and when a dispute is asked for again. */
import { askAgainAt, coveredRefunds } from '../../src/domain/chargeback.js';

it.each([
  [[4807], 4999, [4807]],
  [[4807], 4807, [4807]],
  [[4807], 4806, [4806]],
  [[1000, 3807], 4999, [1000, 3807]],
  [[1000, 3807], 4000, [1000, 3000]],
  [[4000, 500], 600, [600]],
  [[], 4999, []],
])('of %j owed, %i taken has paid %j', (owed, taken, covered) => {
  const refunds = owed.map((amountMinor) => ({ amountMinor, paidMinor: 0 }));
  expect(coveredRefunds(refunds, taken).map(({ coveredMinor }) => coveredMinor)).toEqual(covered);
});

it.each([
  ['2026-03-01T10:00:00.000Z', '2026-03-02T10:00:00.000Z'],
  ['2026-03-05T10:00:00.000Z', '2026-03-06T10:00:00.000Z'],
  ['2026-03-09T10:00:00.000Z', '2026-03-11T10:00:00.000Z'],
  ['2026-03-13T10:00:00.000Z', '2026-03-16T10:00:00.000Z'],
  ['2026-06-01T10:00:00.000Z', '2026-06-04T10:00:00.000Z'],
])('opened on 1 March and asked for at %s, it is asked for again at %s', (now, again) => {
  expect(askAgainAt(new Date('2026-03-01T10:00:00.000Z'), new Date(now)).toISOString()).toBe(again);
});
