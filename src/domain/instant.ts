/**
 * Arithmetic on instants. A day of term arithmetic is exactly 24 hours (rules 1); calendar days are not decided here.
 */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export function plusMs(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}

export function plusDays(at: Date, days: number): Date {
  return plusMs(at, days * DAY_MS);
}
