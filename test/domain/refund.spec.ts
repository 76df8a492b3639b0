/** How often a failed refund is tried again before finance is asked, and what the gateway knows it by. */
import { refundReference, retryRefundAt } from '../../src/domain/refund.js';

it.each([
  [1, '2026-03-10T10:00:00.000Z'],
  [2, '2026-03-10T15:00:00.000Z'],
  [3, '2026-03-11T09:00:00.000Z'],
  [4, '2026-03-13T09:00:00.000Z'],
  [5, null],
  [6, null],
  [100, null],
])('failed %i times, next at %s', (attempts, next) => {
  const retryAt = retryRefundAt(attempts, new Date('2026-03-10T09:00:00.000Z'));
  expect(retryAt?.toISOString() ?? null).toBe(next);
});

it('names each attempt', () => {
  expect(refundReference('0193b1c6', 1)).toBe('refund_0193b1c6_1');
  expect(refundReference('0193b1c6', 2)).toBe('refund_0193b1c6_2');
});
