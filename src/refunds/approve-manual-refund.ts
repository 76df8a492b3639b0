/** The second pair of eyes on a refund paid another way: from here on it is paid, by the bank's reference. */
import { Injectable } from '@nestjs/common';
import { restMinor } from '../domain/refund.js';
import { Refusal } from '../domain/refusal.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { LockUnpaidRefund } from './lock-unpaid-refund.js';
import { ManualRefundStore } from './manual-refund.store.js';
import { RefundStore } from './refund.store.js';
import { SettleRefund } from './settle-refund.js';

@Injectable()
export class ApproveManualRefund {
  constructor(
    private readonly refunds: RefundStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly manualRefunds: ManualRefundStore,
    private readonly lockUnpaidRefund: LockUnpaidRefund,
    private readonly settleRefund: SettleRefund,
    private readonly ledger: CashLedger,
  ) {}

  /**
   * Returns the refund's id. Refuses `not_found`, `four_eyes` (403), `not_allowed_in_state` (paid, withdrawn, or approved
   * already), `payment_in_progress`, `charge_disputed`.
   */
  async approve(manualRefundId: string, subject: string): Promise<string> {
    const { refundId } = await this.manualRefunds.show(manualRefundId);
    const { subscriptionId } = await this.refunds.require(refundId);
    await this.changeSubscription.change(subscriptionId, 'finance', async (change) => {
      const { proposedBy, status, reason, bankReference } = await this.manualRefunds.get(change.tx, manualRefundId);
      if (proposedBy === subject) {
        throw new Refusal('four_eyes', 'Who proposed a manual refund cannot approve it; another person must.');
      }
      if (status !== 'proposed') throw new Refusal('not_allowed_in_state', `The manual refund is ${status} already.`);
      const refund = await this.lockUnpaidRefund.lock(change, refundId);
      await this.manualRefunds.approve(change.tx, manualRefundId, subject, change.now);
      await this.ledger.refundPaidOtherwise(change, { ...refund, amountMinor: restMinor(refund) });
      await this.settleRefund.paidOtherwise(change, refund, { by: subject, reason, bankReference });
    });
    return refundId;
  }
}
