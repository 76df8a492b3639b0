/**
 * The refunds of a disputed payment that failed, when the bank has decided: won, they are sent again; lost, what the bank
 * has taken has paid them, the oldest first, and of one paid in part the rest is sent. One the gateway has returned before
 * stays returned.
 */
import { Injectable } from '@nestjs/common';
import { coveredRefunds, type Chargeback, type Covered } from '../domain/chargeback.js';
import { formatMoney } from '../domain/money.js';
import { restMinor, type Refund } from '../domain/refund.js';
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
    for (const one of covered) await this.cover(change, one, gatewayDisputeId);
    const coveredMinor = covered.reduce((sum, one) => sum + one.coveredMinor, 0);
    const refundedMinor = all.reduce((sum, refund) => sum + refund.amountMinor, 0);
    return { coveredMinor, owedMinor: Math.max(charge.amountMinor - charge.chargedBackMinor - refundedMinor, 0) };
  }

  /** All of it is paid, or a part; then what is left is sent (rules 7). */
  private async cover(
    change: Change,
    { refund, coveredMinor }: Covered<Refund>,
    gatewayDisputeId: string,
  ): Promise<void> {
    await this.ledger.refundCovered(change, { ...refund, amountMinor: coveredMinor });
    if (coveredMinor === restMinor(refund)) {
      return this.settleRefund.paidOtherwise(change, refund, {
        by: 'gateway',
        reason: "the member's bank has returned it: the dispute was lost",
        bankReference: gatewayDisputeId,
      });
    }
    const { currency } = refund;
    const taken = formatMoney({ amountMinor: coveredMinor, currency });
    const part: Refund = {
      ...refund,
      paidMinor: refund.paidMinor + coveredMinor,
      coveredMinor: refund.coveredMinor + coveredMinor,
    };
    const left = formatMoney({ amountMinor: restMinor(part), currency });
    await this.manualRefunds.withdraw(change.tx, refund.id);
    const reason = `the dispute ${gatewayDisputeId} was lost: the member's bank has returned ${taken}, ${left} is left`;
    await this.openRefund.retry(change, part, { reason });
  }
}
