/**
 * What a refund is and how long the gateway is asked before finance is (rules 7): a refund that fails is tried again,
 * then becomes a case; it is never forgotten.
 */
import type { RefundBasis } from './cancellation.js';
import { DAY_MS, HOUR_MS, plusMs } from './instant.js';

export type RefundStatus = 'pending' | 'succeeded' | 'failed';

export interface Refund {
  id: string;
  subscriptionId: string;
  chargeId: string;
  /** The cancellation that made it; null for an early renewal taken back, a late capture and a compensation. */
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
  retryAt: Date | null;
  gatewayRefundId: string | null;
  createdAt: Date;
  settledAt: Date | null;
}

const RETRY_AFTER_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS];

/** The next try of a refund that failed `attempts` times; null when it is finance's turn. */
export function retryRefundAt(attempts: number, now: Date): Date | null {
  const afterMs = RETRY_AFTER_MS[attempts - 1];
  return afterMs === undefined ? null : plusMs(now, afterMs);
}

export function refundReference(refundId: string, attempt: number): string {
  return `refund_${refundId}_${attempt}`;
}
