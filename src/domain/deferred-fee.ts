/**
 * What of a captured fee is still owed in service (rules 12): straight line by whole days, cumulative, so that the parts
 * sum to the whole. A day counts as earned when it has passed, as it does for a refund.
 */
import { daysLeft, termDays } from './cancellation.js';
import { shareOf } from './money.js';

export interface DeferredFee {
  chargeId: string;
  subscriptionId: string;
  termNumber: number;
  /** `add_on`: earned at once when first used. */
  kind: 'term' | 'add_on';
  entity: string;
  currency: string;
  grossMinor: number;
  taxMinor: number;
  taxBasisPoints: number;
  startsAt: Date | null;
  endsAt: Date | null;
  /** Nothing of it is earned before. */
  capturedAt: Date;
  /** Net minor units earned so far. */
  recognisedMinor: number;
  /** Up to when, where that was ahead of the months' closes; null before. */
  recognisedUntil: Date | null;
  /** Gross minor units returned, or owed back, so far. */
  returnedMinor: number;
  /** open: service is owed · earned: it was given · ended: cut short · forfeited: cut short by a breach. */
  status: 'open' | 'earned' | 'ended' | 'forfeited';
}

/** Net minor units the ledger holds as deferred. */
export function deferredMinor(fee: DeferredFee): number {
  return fee.status === 'open' ? netMinor(fee) - fee.recognisedMinor : 0;
}

/**
 * Net minor units not earned yet at an instant: net × days left / term days.
 * 4131 net, 351 of 365 days left: 3972.5 → 3973
 */
export function unearnedMinor(fee: DeferredFee, at: Date): number {
  if (fee.startsAt === null || fee.endsAt === null) return deferredMinor(fee);
  const term = { startsAt: fee.startsAt, endsAt: fee.endsAt };
  return shareOf(netMinor(fee), daysLeft(term, at, 'left'), termDays(term));
}

export interface Recognition {
  at: Date;
  /** Net minor units; below zero where days were given back. */
  amountMinor: number;
}

/**
 * What is still to be recognised up to an instant: one part for each month that has ended since `openSince` and was not
 * closed, so that it lands in the month it was earned in, and one for the days since; days before the fee was captured,
 * in a grace, are earned with it. What was recognised ahead of the closes stays where it is.
 */
export function recognitions(fee: DeferredFee, upTo: Date, openSince: Date | null): Recognition[] {
  if (fee.startsAt === null || fee.status !== 'open') return [];
  const parts: Recognition[] = [];
  let recognised = fee.recognisedMinor;
  const since = [fee.startsAt, fee.capturedAt, openSince, fee.recognisedUntil].filter((at) => at !== null);
  for (const monthEnd of [...monthEnds(latestOf(since), upTo), null]) {
    const earned = netMinor(fee) - unearnedMinor(fee, monthEnd ?? upTo);
    const at = monthEnd === null ? upTo : lastInstantBefore(monthEnd);
    if (earned !== recognised) parts.push({ at, amountMinor: earned - recognised });
    recognised = earned;
  }
  return parts;
}

/** The instant a month's entries carry: its last millisecond, UTC. */
export function lastInstantBefore(monthEnd: Date): Date {
  return new Date(monthEnd.getTime() - 1);
}

/** `2027-11` → the first instant of 2027-12, UTC. */
export function endOfMonth(month: string): Date {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1));
}

/** `2027-11-30T…` → `2027-11` */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

function latestOf(instants: Date[]): Date {
  return new Date(Math.max(...instants.map((at) => at.getTime())));
}

function monthEnds(after: Date, upTo: Date): Date[] {
  const ends: Date[] = [];
  for (let end = endOfMonth(monthOf(after)); end <= upTo; end = endOfMonth(monthOf(end))) ends.push(end);
  return ends;
}

function netMinor({ grossMinor, taxMinor }: DeferredFee): number {
  return grossMinor - taxMinor;
}
