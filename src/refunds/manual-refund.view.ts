/** How finance sees a refund: with its age, its deadline, every attempt, and how it was paid. */
import { ageDays, isOverdue } from '../domain/refund.js';
import { AttemptView, viewAttempt } from '../payments/charge.view.js';
import type { ListedRefund } from './list-refunds.js';
import type { ManualRefundEntity } from './manual-refund.entity.js';
import { RefundView, viewRefund } from './refund.view.js';

export class OtherPaymentView {
  at: Date;
  /** Who approved it; `gateway` where a chargeback paid it. */
  by: string;
  reason: string;
  bankReference: string;
}

export class ManualRefundView {
  id: string;
  refundId: string;
  reason: string;
  bankReference: string;
  status: 'proposed' | 'approved' | 'withdrawn';
  proposedBy: string;
  proposedAt: Date;
}

export class ListedRefundView extends RefundView {
  country: string;
  /** Since it was decided, until it was paid or until now. */
  ageDays: number;
  /** By when the market's law wants it paid; null where none does. */
  deadlineAt: Date | null;
  overdue: boolean;
  attempts: AttemptView[];
  /** When it is tried again by itself. */
  retryAt: Date | null;
  /** When the gateway last took back that it had returned it. */
  bouncedAt: Date | null;
  paidOtherwise: OtherPaymentView | null;
  /** Proposed to be paid another way; another person must approve it. */
  payout: ManualRefundView | null;
}

export function viewListedRefund({ refund, country, attempts, payout, now }: ListedRefund): ListedRefundView {
  const { deadlineAt, retryAt, bouncedAt } = refund;
  const { paidOtherwiseAt: at, paidOtherwiseBy: by, paidOtherwiseReason: reason, bankReference } = refund;
  const otherwise = at !== null && by !== null && reason !== null && bankReference !== null;
  return {
    ...viewRefund(refund),
    country,
    ageDays: ageDays(refund, now),
    deadlineAt,
    overdue: isOverdue(refund, now),
    attempts: attempts.map(viewAttempt),
    retryAt,
    bouncedAt,
    paidOtherwise: otherwise ? { at, by, reason, bankReference } : null,
    payout: payout === null ? null : viewManualRefund(payout),
  };
}

export function viewManualRefund(manualRefund: ManualRefundEntity): ManualRefundView {
  const { id, refundId, reason, bankReference, status, proposedBy, proposedAt } = manualRefund;
  return { id, refundId, reason, bankReference, status, proposedBy, proposedAt };
}
