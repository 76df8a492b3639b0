/** How often a failed refund is tried again before finance is asked, how old it is, and when it is overdue. */
import { ageDays, isOverdue, refundReference, retryRefundAt } from '../../src/domain/refund.js';

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

const createdAt = new Date('2026-03-10T09:00:00.000Z');
it.each([
  ['failed', null, '2026-03-10T09:00:00.000Z', 0],
  ['failed', '2026-03-12T00:00:00.000Z', '2026-03-20T08:59:59.999Z', 9],
  ['pending', null, '2026-03-20T09:00:00.000Z', 10],
  ['succeeded', '2026-03-12T09:00:00.000Z', '2026-03-20T09:00:00.000Z', 2],
] as const)('%s, settled at %s, is at %s %i days old', (status, settled, now, days) => {
  const settledAt = settled === null ? null : new Date(settled);
  expect(ageDays({ status, createdAt, settledAt }, new Date(now))).toBe(days);
});

it.each([
  ['failed', '2026-03-24T23:00:00.000Z', '2026-03-24T22:59:59.999Z', false],
  ['failed', '2026-03-24T23:00:00.000Z', '2026-03-24T23:00:00.000Z', true],
  ['pending', '2026-03-24T23:00:00.000Z', '2026-04-24T23:00:00.000Z', true],
  ['succeeded', '2026-03-24T23:00:00.000Z', '2026-04-24T23:00:00.000Z', false],
  ['failed', null, '2030-01-01T00:00:00.000Z', false],
] as const)('%s, to be paid by %s, is at %s overdue: %s', (status, deadline, now, overdue) => {
  const deadlineAt = deadline === null ? null : new Date(deadline);
  expect(isOverdue({ status, deadlineAt }, new Date(now))).toBe(overdue);
});
