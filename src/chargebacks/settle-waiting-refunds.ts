/**
 * The refunds of a disputed payment that failed, when the bank has decided: won, they are sent again; lost, what the bank
 * has taken has paid them, the oldest first. One the gateway has returned before stays returned.
 */
import { Injectable } from '@nestjs/common';
import { coveredRefunds, type Chargeback } from '../domain/chargeback.js';
import { restMinor } from '../domain/refund.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { ChargeStore } from '../payments/charge.store.js';
import { ManualRefundStore } from '../refunds/manual-refund.store.js';
import { OpenRefund } from '../refunds/open-refund.js';
import { RefundStore } from '../refunds/refund.store.js';
import { SettleRefund } from '../refunds/settle-refund.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class SettleWaitingRefunds {
  constructor(
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly manualRefunds: ManualRefundStore,
    private readonly openRefund: OpenRefund,
    private readonly settleRefund: SettleRefund,
    private readonly ledger: CashLedger,
  ) {}

  async areUndecided({ tx }: Change, { chargeId }: Chargeback): Promise<boolean> {
    return (await this.refunds.lockAll(tx, chargeId)).some(({ status }) => status === 'pending');
  }

  /** What a person has proposed to pay another way is left to persons. */
  async sendAgain(change: Change, { id, chargeId }: Chargeback): Promise<void> {
    for (const refund of await this.refunds.lockAll(change.tx, chargeId)) {
      const proposed = await this.manualRefunds.proposed(change.tx, refund.id);
      if (refund.status !== 'failed' || proposed !== null) continue;
      await this.openRefund.retry(change, refund, { reason: `the dispute ${id} was won` });
    }
  }

  /** Minor units: of refunds that the bank has paid, and what is owed back that no refund was made of. */
  async payByChargeback(
    change: Change,
    { chargeId, amountMinor, gatewayDisputeId }: Chargeback,
  ): Promise<{ coveredMinor: number; owedMinor: number }> {
    const charge = await this.charges.lock(change.tx, chargeId);
    const all = await this.refunds.lockAll(change.tx, chargeId);
    const failed = all.filter(({ status }) => status === 'failed');
    const covered = coveredRefunds(failed, amountMinor);
    for (const refund of covered) {
      await this.ledger.refundCovered(change, { ...refund, amountMinor: restMinor(refund) });
      await this.settleRefund.paidOtherwise(change, refund, {
        by: 'gateway',
        reason: "the member's bank has returned it: the dispute was lost",
        bankReference: gatewayDisputeId,
      });
    }
    const coveredMinor = covered.reduce((sum, refund) => sum + restMinor(refund), 0);
    const refundedMinor = all.reduce((sum, refund) => sum + refund.amountMinor, 0);
    return { coveredMinor, owedMinor: Math.max(charge.amountMinor - charge.chargedBackMinor - refundedMinor, 0) };
  }
}
