/**
 * Calendar days in a market's time zone (rules 1): only the cancellation period and notices use them. Nothing else may
 * depend on a zone.
 */
import { DateTime, Duration, IANAZone } from 'luxon';

/**
 * First instant after `days` whole calendar days of the zone; the day of `from` itself is not counted.
 * 14 days from 2026-03-01T10:00Z in Europe/Madrid → 2026-03-15T23:00Z, the first moment of 16 March there.
 */
export function endOfCalendarDays(from: Date, days: number, timeZone: string): Date {
  const local = DateTime.fromJSDate(from, { zone: timeZone });
  return local
    .startOf('day')
    .plus({ days: days + 1 })
    .startOf('day')
    .toJSDate();
}

/**
 * The same time of day so many calendar days earlier in the zone.
 * 7 days before 2026-03-31T10:00Z in Europe/Madrid (12:00 there) → 2026-03-24T11:00Z (12:00 there, before the change).
 */
export function calendarDaysBefore(at: Date, days: number, timeZone: string): Date {
  return DateTime.fromJSDate(at, { zone: timeZone }).minus({ days }).toJSDate();
}

/**
 * The first instant of the zone's day so many calendar days earlier.
 * 7 days before 2026-03-31T10:00Z in Europe/Madrid → 2026-03-23T23:00Z, the first moment of 24 March there.
 */
export function startOfDayBefore(at: Date, days: number, timeZone: string): Date {
  return DateTime.fromJSDate(at, { zone: timeZone }).minus({ days }).startOf('day').toJSDate();
}

export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

/** The instant an ISO 8601 duration ahead (`P30D`, `PT12H`), counted in UTC; null when it is no such duration. */
export function plusIsoDuration(from: Date, duration: string): Date | null {
  const parsed = Duration.fromISO(duration);
  // Luxon throws on adding what is no duration.
  if (!parsed.isValid) return null;
  const at = DateTime.fromJSDate(from, { zone: 'utc' }).plus(parsed);
  return at.isValid ? at.toJSDate() : null;
}
