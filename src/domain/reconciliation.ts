/**
 * Where the gateway's settlement and our records can disagree, and what may follow (rules 12): what a break is called,
 * which fee is expected, which stretch of time a file must be complete for, and what giving a break up costs.
 */
import { DAY_MS } from './instant.js';
import type { Money } from './money.js';

/** In the order in which a line is judged: it has at most one break, the first of these that holds. */
export const BREAK_KINDS = [
  'duplicate',
  'missing_here',
  'wrong_state',
  'currency_differs',
  'amount_differs',
  'fee_unexpected',
  'late',
  'missing_at_gateway',
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

/** explained: one person said why it is none · resolved: two people settled it or gave it up. */
export const BREAK_STATUSES = ['open', 'proposed', 'explained', 'resolved'] as const;
export type BreakStatus = (typeof BREAK_STATUSES)[number];

/** explained: nothing is wrong · resolved: put right outside the books · write_off: given up, and booked so. */
export const RESOLUTIONS = ['explained', 'resolved', 'write_off'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

export type Movement =
  'capture' | 'refund' | 'refund_failure' | 'chargeback' | 'chargeback_reversal' | 'payout' | 'fee' | 'other';

/** One line of a settlement, whatever its format. */
export interface SettlementLine {
  kind: Movement;
  /** The gateway's own id of this line. */
  transactionId: string;
  /** What moved, by the gateway's id: the payment of a capture, the refund, the dispute; else the line itself. */
  sourceId: string;
  /** Our name for it. */
  reference: string | null;
  currency: string;
  /** What came in; below zero when it went out. */
  grossMinor: number;
  feeMinor: number;
  occurredAt: Date;
}

const FIXED_FEE_HUNDREDTHS = 30;

/**
 * A capture costs at most `percentMax` of it, rounded up, and 30 minor units (300 where there are three digits); a refund costs
 * nothing and gives nothing back; a fee that stands alone is never expected. What a dispute costs is the bank's to say.
 * 4999 at 3 %: up to 150 + 30
 */
export function feeIsExpected(
  { kind, grossMinor, feeMinor }: Pick<SettlementLine, 'kind' | 'grossMinor' | 'feeMinor'>,
  minorDigits: number,
  percentMax: number,
): boolean {
  if (kind === 'fee') return false;
  if (kind === 'refund' || kind === 'refund_failure') return feeMinor === 0;
  if (kind !== 'capture') return true;
  const fixedMinor = minorDigits === 3 ? 10 * FIXED_FEE_HUNDREDTHS : FIXED_FEE_HUNDREDTHS;
  const shareMinor = Math.ceil((grossMinor * Math.round(percentMax * 100)) / 10_000);
  return feeMinor >= 0 && feeMinor <= shareMinor + fixedMinor;
}

/**
 * Until when (exclusive) everything must be in a file or in one before it: a file holds whole days in UTC, less the time
 * a movement takes to appear, and nothing later than when it was received.
 */
export function coversUntil(lastAt: Date, completeAfterMs: number, receivedAt: Date): Date {
  const dayEndMs = (Math.floor(lastAt.getTime() / DAY_MS) + 1) * DAY_MS;
  return new Date(Math.min(dayEndMs - completeAfterMs, receivedAt.getTime() + 1));
}

export function ageDays(openedAt: Date, until: Date): number {
  return Math.floor((until.getTime() - openedAt.getTime()) / DAY_MS);
}

export interface BreakFacts {
  kind: BreakKind;
  movement: Movement;
  ours: Money | null;
  theirs: Money | null;
}

/**
 * What the gateway will never pay of what the books say it owes: above zero a loss. Zero where the books never expected
 * anything. A line that comes after its break was given up takes the loss back.
 */
export function writeOffMinor({ kind, movement, ours, theirs }: BreakFacts): number {
  const sign = movement === 'refund' || movement === 'chargeback' ? -1 : 1;
  const oursMinor = sign * (ours?.amountMinor ?? 0);
  switch (kind) {
    case 'missing_at_gateway':
    case 'currency_differs':
      return oursMinor;
    case 'amount_differs':
      return oursMinor - sign * (theirs?.amountMinor ?? 0);
    case 'late':
      return -oursMinor;
    default:
      return 0;
  }
}
