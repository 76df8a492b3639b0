/** When a subscriber is tried again, and when a person is needed. */
import { nextDeliveryAt } from '../../src/domain/delivery.js';

const now = new Date('2026-03-01T10:00:00.000Z');

it.each([
  [1, '2026-03-01T10:00:05.000Z'],
  [2, '2026-03-01T10:05:00.000Z'],
  [3, '2026-03-01T10:30:00.000Z'],
  [4, '2026-03-01T12:00:00.000Z'],
  [5, '2026-03-01T15:00:00.000Z'],
  [6, '2026-03-01T20:00:00.000Z'],
  [7, '2026-03-01T20:00:00.000Z'],
  [8, null],
])('after %i failed tries: %s', (attempts, at) => {
  expect(nextDeliveryAt(attempts, now)?.toISOString() ?? null).toBe(at);
});
