/**
 * Calendar days in a zone, against a reference that knows no calendar library: the first millisecond at which the wall
 * clock of the zone shows a later date.
 */
import fc from 'fast-check';
import { endOfCalendarDays, isTimeZone, plusIsoDuration } from '../../src/platform/time/calendar.js';

const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The date on a calendar on the wall of the zone, as 20260301. */
function wallDate(at: number, timeZone: string): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return Number(`${parts.year}${parts.month}${parts.day}`);
}

/** The date so many days after another, whether or not a clock ever showed it. */
function laterDate(date: number, days: number): number {
  const utc = Date.UTC(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, (date % 100) + days);
  return Number(new Date(utc).toISOString().slice(0, 10).replaceAll('-', ''));
}

function reference(from: Date, days: number, timeZone: string): Date {
  const last = laterDate(wallDate(from.getTime(), timeZone), days);
  let inside = from.getTime();
  let outside = inside + (days + 3) * DAY;
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (wallDate(middle, timeZone) <= last) inside = middle;
    else outside = middle;
  }
  return new Date(outside);
}

it.each(Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')))(
  'Madrid, 14 days from %s:00 on 1 March end with 15 March',
  (hour) => {
    // At home it is one hour later than in Greenwich, so 23:00Z is 2 March already.
    const from = new Date(Date.parse(`2026-03-01T${hour}:00:00.000Z`) - 3_600_000);
    expect(endOfCalendarDays(from, 14, 'Europe/Madrid').toISOString()).toBe('2026-03-15T23:00:00.000Z');
  },
);

it.each([
  // The last and the first millisecond of a day.
  ['Europe/Madrid', '2026-02-28T22:59:59.999Z', 14, '2026-03-14T23:00:00.000Z'],
  ['Europe/Madrid', '2026-02-28T23:00:00.000Z', 14, '2026-03-15T23:00:00.000Z'],
  ['Europe/Madrid', '2026-03-01T22:59:59.999Z', 14, '2026-03-15T23:00:00.000Z'],
  ['Europe/Madrid', '2026-03-01T23:00:00.000Z', 14, '2026-03-16T23:00:00.000Z'],
  // Summer time begins 29 March and ends 25 October.
  ['Europe/Madrid', '2026-03-20T10:00:00.000Z', 14, '2026-04-03T22:00:00.000Z'],
  ['Europe/Madrid', '2026-03-28T10:00:00.000Z', 0, '2026-03-28T23:00:00.000Z'],
  ['Europe/Madrid', '2026-03-28T10:00:00.000Z', 1, '2026-03-29T22:00:00.000Z'],
  ['Europe/Madrid', '2026-10-20T10:00:00.000Z', 14, '2026-11-03T23:00:00.000Z'],
  ['Europe/Madrid', '2026-10-24T10:00:00.000Z', 0, '2026-10-24T22:00:00.000Z'],
  ['Europe/Madrid', '2026-10-24T10:00:00.000Z', 1, '2026-10-25T23:00:00.000Z'],
  // No summer time.
  ['Asia/Seoul', '2026-03-01T14:59:59.999Z', 7, '2026-03-08T15:00:00.000Z'],
  ['Asia/Seoul', '2026-03-01T15:00:00.000Z', 7, '2026-03-09T15:00:00.000Z'],
  ['America/Sao_Paulo', '2026-03-01T02:59:59.999Z', 7, '2026-03-08T03:00:00.000Z'],
  ['America/Sao_Paulo', '2026-03-01T03:00:00.000Z', 7, '2026-03-09T03:00:00.000Z'],
  // São Paulo in 2017: 15 October began at 01:00; in 2018, 17 February had 25 hours.
  ['America/Sao_Paulo', '2017-10-14T12:00:00.000Z', 0, '2017-10-15T03:00:00.000Z'],
  ['America/Sao_Paulo', '2017-10-08T12:00:00.000Z', 7, '2017-10-16T02:00:00.000Z'],
  ['America/Sao_Paulo', '2018-02-10T12:00:00.000Z', 7, '2018-02-18T03:00:00.000Z'],
  ['Pacific/Apia', '2026-03-01T10:59:59.999Z', 14, '2026-03-15T11:00:00.000Z'],
  ['Pacific/Apia', '2026-03-01T11:00:00.000Z', 14, '2026-03-16T11:00:00.000Z'],
  // Samoa had no 30 December 2011: 29 December, at UTC−10, was followed by the 31st, at UTC+14.
  ['Pacific/Apia', '2011-12-29T12:00:00.000Z', 0, '2011-12-30T10:00:00.000Z'],
  ['Pacific/Apia', '2011-12-29T12:00:00.000Z', 1, '2011-12-30T10:00:00.000Z'],
  ['Pacific/Apia', '2011-12-29T12:00:00.000Z', 2, '2011-12-31T10:00:00.000Z'],
  ['Pacific/Apia', '2011-12-25T20:00:00.000Z', 14, '2012-01-08T10:00:00.000Z'],
])('%s, from %s %i days: %s', (zone, from, days, end) => {
  const at = endOfCalendarDays(new Date(from), days, zone);
  expect(at.toISOString()).toBe(end);
  expect(at).toEqual(reference(new Date(from), days, zone));
  const last = laterDate(wallDate(Date.parse(from), zone), days);
  expect(wallDate(at.getTime() - 1, zone)).toBeLessThanOrEqual(last);
  expect(wallDate(at.getTime(), zone)).toBeGreaterThan(last);
});

it.each(['Europe/Madrid', 'Asia/Seoul', 'America/Sao_Paulo', 'Pacific/Apia', 'Australia/Lord_Howe', 'Asia/Kathmandu'])(
  '%s, whatever the instant and the days',
  (zone) => {
    const instant = fc.date({ min: new Date('2010-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(instant, fc.nat(60), (from, days) => {
        expect(endOfCalendarDays(from, days, zone)).toEqual(reference(from, days, zone));
      }),
      { numRuns: 60 },
    );
  },
);

it.each([
  ['Europe/Madrid', true],
  ['UTC', true],
  ['Europe/Atlantis', false],
  ['', false],
])('%j is a zone: %s', (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});

it.each([
  ['PT12H', '2026-03-29T11:30:00.000Z'],
  ['P30D', '2026-04-27T23:30:00.000Z'],
  ['P1DT0.001S', '2026-03-29T23:30:00.001Z'],
  ['P1000000Y', null],
  ['30 days', null],
  ['', null],
])('%j ahead is %s', (duration, at) => {
  expect(plusIsoDuration(new Date('2026-03-28T23:30:00.000Z'), duration)?.toISOString() ?? null).toBe(at);
});
