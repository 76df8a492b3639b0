/** Finance sends a refund that failed once more, now; whatever was proposed instead is withdrawn. */
import { Injectable } from '@nestjs/common';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { LockUnpaidRefund } from './lock-unpaid-refund.js';
import { ManualRefundStore } from './manual-refund.store.js';
import { OpenRefund } from './open-refund.js';
import { RefundStore } from './refund.store.js';

@Injectable()
export class RetryRefund {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly refunds: RefundStore,
    private readonly lockUnpaidRefund: LockUnpaidRefund,
    private readonly manualRefunds: ManualRefundStore,
    private readonly openRefund: OpenRefund,
  ) {}

  /** Returns the subscription's id. Refuses `not_found`, `not_allowed_in_state`, `payment_in_progress`, `charge_disputed`. */
  async retry(id: string, reason: string, subject: string): Promise<string> {
    const { subscriptionId } = await this.refunds.require(id);
    await this.changeSubscription.change(subscriptionId, 'finance', async (change) => {
      const refund = await this.lockUnpaidRefund.lock(change, id);
      await this.manualRefunds.withdraw(change.tx, id);
      await this.openRefund.retry(change, refund, { reason, by: subject });
    });
    return subscriptionId;
  }
}
