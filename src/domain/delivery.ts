/**
 * When an event that an endpoint did not take is offered again: at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h
 * after the try before. Eight tries in all; then it waits for a person (a dead letter).
 */
import { HOUR_MS, MINUTE_MS, SECOND_MS, plusMs } from './instant.js';

const RETRY_AFTER_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  10 * HOUR_MS,
];

/** The next try after `attempts` failed ones; null when it was the last. */
export function nextDeliveryAt(attempts: number, now: Date): Date | null {
  const afterMs = RETRY_AFTER_MS[attempts - 1];
  return afterMs === undefined ? null : plusMs(now, afterMs);
}
