/** Finance says why money went back that nobody here had ordered; its case is closed by that. No money moves. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { Refusal } from '../domain/refusal.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { RefundEntity } from './refund.entity.js';
import { RefundStore } from './refund.store.js';

@Injectable()
export class GiveRefundReason implements OnModuleInit {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly refunds: RefundStore,
    private readonly cases: CaseStore,
  ) {}

  onModuleInit(): void {
    this.cases.keepOpen(['refund_found'], async (tx, id) => {
      const refund = await tx.findOne(RefundEntity, { id });
      if (refund === null || 'reason' in refund.calculation) return null;
      return `give the refund its reason, PUT /v1/refunds/${id}/reason; that closes it.`;
    });
  }

  /** Refuses `not_found`, then `not_allowed_in_state` for a refund that was made here and has its reason. */
  async give(id: string, reason: string, by: string): Promise<void> {
    const { subscriptionId, basis } = await this.refunds.require(id);
    if (basis !== 'adopted') {
      throw new Refusal(
        'not_allowed_in_state',
        `Only a refund that was found at the gateway lacks a reason; this one is ${basis}.`,
      );
    }
    await this.changeSubscription.change(subscriptionId, 'finance', async (change) => {
      const { tx, now } = change;
      const refund = await this.refunds.lock(tx, id);
      const calculation = { ...refund.calculation, reason, reasonBy: by };
      await this.refunds.save(tx, { ...refund, calculation });
      change.record('refund.reason_given', refund.clause, `finance says why it went back: ${reason}`, {
        refundId: id,
        reason,
        by,
      });
      await this.cases.close(tx, id, `finance gave its reason: ${reason}`, now);
    });
  }
}
