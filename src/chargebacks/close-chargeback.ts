/**
 * The bank has decided. Won: the money is back, and what it held up goes on. Lost: the fee is gone, what it returned of
 * refunds is paid by it, and the membership runs out suspended; nothing of the fee can be returned any more.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Chargeback } from '../domain/chargeback.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Change } from '../subscriptions/change.js';
import { ChargebackStore } from './chargeback.store.js';
import { HoldService } from './hold-service.js';
import { SettleWaitingRefunds } from './settle-waiting-refunds.js';

@Injectable()
export class CloseChargeback {
  constructor(
    private readonly chargebacks: ChargebackStore,
    private readonly charges: ChargeStore,
    private readonly settleWaitingRefunds: SettleWaitingRefunds,
    private readonly ledger: CashLedger,
    private readonly holdService: HoldService,
    private readonly cases: CaseStore,
  ) {}

  /** False while the gateway has not decided a refund of the payment: until then nobody knows what is still owed. */
  async close(change: Change, open: Chargeback, status: 'won' | 'lost'): Promise<boolean> {
    if (status === 'lost' && (await this.settleWaitingRefunds.areUndecided(change, open))) return false;
    const { tx, now } = change;
    const { id: chargebackId, chargeId, amountMinor, currency } = open;
    const closed: Chargeback = { ...open, status, closedAt: now, nextQueryAt: null };
    await this.chargebacks.save(tx, closed);
    const words = `the dispute about ${amountMinor} ${currency} is ${status}`;
    change.record(`chargeback.${status}`, '5.2', words, { chargebackId, chargeId, amountMinor, currency });
    await this.cases.close(tx, chargebackId, words, now);
    await (status === 'won' ? this.win(change, closed) : this.lose(change, closed));
    await this.holdService.resume(change, closed);
    return true;
  }

  private async win(change: Change, chargeback: Chargeback): Promise<void> {
    await this.settleCharge(change, chargeback, 0);
    await this.ledger.chargebackWon(change, chargeback.id, chargeback);
    await this.settleWaitingRefunds.sendAgain(change, chargeback);
  }

  private async lose(change: Change, chargeback: Chargeback): Promise<void> {
    const { id, chargeId, amountMinor } = chargeback;
    const { coveredMinor, owedMinor } = await this.settleWaitingRefunds.payByChargeback(change, chargeback);
    await this.settleCharge(change, chargeback, amountMinor);
    const lost = { chargeId, amountMinor: amountMinor - coveredMinor };
    const creditedMinor = await this.ledger.chargebackLost(change, id, lost, owedMinor);
    await this.chargebacks.save(change.tx, { ...chargeback, creditedMinor });
    await this.holdService.dropWaitingTerm(change, chargeback);
  }

  private async settleCharge({ tx }: Change, chargeback: Chargeback, lostMinor: number): Promise<void> {
    const charge = await this.charges.lock(tx, chargeback.chargeId);
    const disputedMinor = charge.disputedMinor - chargeback.amountMinor;
    const chargedBackMinor = charge.chargedBackMinor + lostMinor;
    await this.charges.save(tx, { ...charge, disputedMinor, chargedBackMinor });
  }
}
