/**
 * What a refund is, how long the gateway is asked before finance is, and by when it must be paid (rules 7): a refund
 * that fails is tried again, then becomes a case; it is never forgotten.
 */
import type { RefundBasis } from './cancellation.js';
import { DAY_MS, HOUR_MS, plusMs } from './instant.js';

export type RefundStatus = 'pending' | 'succeeded' | 'failed';

export interface Refund {
  id: string;
  subscriptionId: string;
  chargeId: string;
  /** The cancellation that made it; null for an early renewal withdrawn, a late capture and a compensation. */
  cancellationId: string | null;
  /** The compensation it is part of (6.2). */
  compensationId: string | null;
  amountMinor: number;
  currency: string;
  basis: RefundBasis;
  clause: string;
  status: RefundStatus;
  calculation: object;
  attempts: number;
  /** Minor units of it that have gone back; less than all of it where others had returned a part. */
  paidMinor: number;
  /** Minor units of these that the bank of a lost dispute has paid. */
  coveredMinor: number;
  /** The gateway it goes through, by name. */
  gateway: string;
  retryAt: Date | null;
  /** The gateway's id of the refund that paid it; null when it was paid another way. */
  gatewayRefundId: string | null;
  /** By when the market's law wants it paid; null where none does. */
  deadlineAt: Date | null;
  /** When a case was made of it because it was not paid by then. */
  overdueAt: Date | null;
  /** When the gateway last reversed its yes. */
  bouncedAt: Date | null;
  paidOtherwiseAt: Date | null;
  /** Who approved it; `gateway` where a chargeback paid it. */
  paidOtherwiseBy: string | null;
  paidOtherwiseReason: string | null;
  /** The bank's name for the payment that took its place. */
  bankReference: string | null;
  createdAt: Date;
  settledAt: Date | null;
}

const RETRY_AFTER_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS];

/** The next try of a refund that failed `attempts` times; null when it is finance's turn. */
export function retryRefundAt(attempts: number, now: Date): Date | null {
  const afterMs = RETRY_AFTER_MS[attempts - 1];
  return afterMs === undefined ? null : plusMs(now, afterMs);
}

/** Minor units that are still to go back. */
export function restMinor({ amountMinor, paidMinor }: Pick<Refund, 'amountMinor' | 'paidMinor'>): number {
  return amountMinor - paidMinor;
}

export function refundReference(refundId: string, attempt: number): string {
  return `refund_${refundId}_${attempt}`;
}

/** Whole days since it was decided, until it was paid or until now. */
export function ageDays(
  { status, createdAt, settledAt }: Pick<Refund, 'status' | 'createdAt' | 'settledAt'>,
  now: Date,
) {
  const until = status === 'succeeded' ? (settledAt ?? now) : now;
  return Math.floor((until.getTime() - createdAt.getTime()) / DAY_MS);
}

/** Not paid although the market's law wanted it paid by now. */
export function isOverdue({ status, deadlineAt }: Pick<Refund, 'status' | 'deadlineAt'>, now: Date): boolean {
  return status !== 'succeeded' && deadlineAt !== null && deadlineAt <= now;
}
