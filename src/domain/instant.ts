/**
 * Arithmetic on instants. A day of term arithmetic is exactly 24 hours (rules 1); calendar days are not decided here.
 */
export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export function plusMs(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}

export function plusDays(at: Date, days: number): Date {
  return plusMs(at, days * DAY_MS);
}
