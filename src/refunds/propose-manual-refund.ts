/**
 * Proposes to pay a refund another way that the gateway could not return: with the reason and the bank's reference. From
 * here on it is not tried by itself any more; no money moves before another person approves.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { formatMoney } from '../domain/money.js';
import { restMinor, type Refund } from '../domain/refund.js';
import { Refusal } from '../domain/refusal.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { LockUnpaidRefund } from './lock-unpaid-refund.js';
import type { ManualRefundEntity } from './manual-refund.entity.js';
import { ManualRefundStore } from './manual-refund.store.js';
import { RefundStore } from './refund.store.js';

export interface ManualRefundOrder {
  refundId: string;
  reason: string;
  bankReference: string;
  subject: string;
}

@Injectable()
export class ProposeManualRefund {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly refunds: RefundStore,
    private readonly lockUnpaidRefund: LockUnpaidRefund,
    private readonly manualRefunds: ManualRefundStore,
    private readonly cases: CaseStore,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state` (paid, or proposed already), `payment_in_progress`, `charge_disputed`. */
  async propose(order: ManualRefundOrder): Promise<ManualRefundEntity> {
    const { subscriptionId } = await this.refunds.require(order.refundId);
    return this.changeSubscription.change(subscriptionId, 'finance', async (change) => {
      const refund = await this.lockUnpaidRefund.lock(change, order.refundId);
      if ((await this.manualRefunds.proposed(change.tx, refund.id)) !== null) {
        throw new Refusal('not_allowed_in_state', 'A manual refund is proposed already; it waits for an approval.');
      }
      return this.record(change, refund, order);
    });
  }

  private async record(change: Change, refund: Refund, order: ManualRefundOrder): Promise<ManualRefundEntity> {
    const { tx, now } = change;
    const { reason, bankReference, subject: proposedBy } = order;
    const { id: refundId, subscriptionId, currency, clause } = refund;
    const manualRefund: ManualRefundEntity = {
      id: newId(),
      refundId,
      reason,
      bankReference,
      status: 'proposed',
      proposedBy,
      proposedAt: now,
      approvedBy: null,
      approvedAt: null,
    };
    await this.manualRefunds.insert(tx, manualRefund);
    await this.refunds.save(tx, { ...refund, retryAt: null });
    const words = `${formatMoney({ amountMinor: restMinor(refund), currency })} is proposed to be paid another way: ${reason}`;
    change.record('refund.manual_proposed', clause, words, { refundId, bankReference, by: proposedBy });
    await this.cases.open(tx, {
      kind: 'refund_failed',
      subscriptionId,
      subjectId: refundId,
      explanation: `${words}; another person must approve it`,
      data: { manualRefundId: manualRefund.id, bankReference, proposedBy },
      openedAt: now,
      recurs: true,
    });
    return manualRefund;
  }
}
