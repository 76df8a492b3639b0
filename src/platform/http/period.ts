/**
 * The stretch of time a report is about: from an instant, included, to another, excluded. A month or a day names all of
 * itself; UTC throughout.
 */
import { endOfMonth } from '../../domain/deferred-fee.js';
import { DAY_MS, plusMs } from '../../domain/instant.js';
import { validationFailed, type RequestProblem } from './problem.js';

export interface Period {
  from: Date;
  /** Not included. */
  to: Date;
}

/** The last instant of a month or a day, or the instant itself. */
export function lastOf(bound: string): Date {
  return bound.length <= DAY_LENGTH ? plusMs(endOf(bound), -1) : new Date(bound);
}

/** `2027-01`, `2027-01-31` or `2027-01-31T10:00:00.000Z`. */
export const BOUND_FORM = /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T[0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,3})?Z)?)?$/;

const MONTH_LENGTH = '2027-01'.length;
const DAY_LENGTH = '2027-01-31'.length;

/** `from` counts from its first instant and `to` up to its last, so both may name the same month. Refuses an empty one. */
export function periodOf(from: string, to: string): Period {
  const period = { from: startOf(from), to: endOf(to) };
  if (period.from >= period.to) throw wrongWayRound();
  return period;
}

/** Refuses months the wrong way round. */
export function requireOrder(from: string | undefined, to: string | undefined): void {
  if (from !== undefined && to !== undefined && from > to) throw wrongWayRound();
}

function wrongWayRound(): RequestProblem {
  return validationFailed([{ path: 'to', message: 'to must not be before from' }]);
}

/** Where a stretch that includes this month, day or instant begins. */
export function startOf(bound: string): Date {
  return new Date(bound);
}

/** Where a stretch ends (exclusive) that includes this month or day; an instant is itself not included. */
export function endOf(bound: string): Date {
  if (bound.length === MONTH_LENGTH) return endOfMonth(bound);
  return bound.length === DAY_LENGTH ? plusMs(new Date(bound), DAY_MS) : new Date(bound);
}
