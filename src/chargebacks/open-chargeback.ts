/**
 * A member disputes a payment with the bank, and the bank has taken the money: benefits stop, auto-renewal stops, the
 * ledger follows, and a case opens. The membership does not end: the bank decides first.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Charge } from '../domain/charge.js';
import { askAgainAt, type Chargeback } from '../domain/chargeback.js';
import type { GatewayDispute } from '../gateway/outcome.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { ChargeStore } from '../payments/charge.store.js';
import { newId } from '../platform/ids.js';
import { RefundStore } from '../refunds/refund.store.js';
import type { Change } from '../subscriptions/change.js';
import { ChargebackStore } from './chargeback.store.js';
import { HoldService } from './hold-service.js';

@Injectable()
export class OpenChargeback {
  constructor(
    private readonly chargebacks: ChargebackStore,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly ledger: CashLedger,
    private readonly holdService: HoldService,
    private readonly cases: CaseStore,
  ) {}

  async open(change: Change, charge: Charge, dispute: GatewayDispute): Promise<Chargeback> {
    const { tx, now } = change;
    const { gatewayDisputeId, amountMinor, currency, reason } = dispute;
    const { id: chargeId, subscriptionId, termNumber } = charge;
    const chargeback: Chargeback = {
      id: newId(),
      chargeId,
      subscriptionId,
      gateway: charge.gateway,
      gatewayDisputeId,
      amountMinor,
      creditedMinor: 0,
      currency,
      reason,
      status: 'open',
      openedAt: now,
      closedAt: null,
      nextQueryAt: askAgainAt(now, now),
    };
    await this.chargebacks.insert(tx, chargeback);
    await this.charges.save(tx, { ...charge, disputedMinor: charge.disputedMinor + amountMinor });
    await this.ledger.chargebackOpened(change, chargeback.id, chargeback);
    const words = `${amountMinor} ${currency} of what was paid for term ${termNumber} is disputed with the bank: ${reason}`;
    change.record('chargeback.opened', '5.2', words, {
      chargebackId: chargeback.id,
      chargeId,
      gatewayDisputeId,
      amountMinor,
      currency,
      reason,
    });
    await this.holdService.stop(change, chargeback);
    await this.openCase(change, chargeback, dispute, words);
    return chargeback;
  }

  /**
   * Banks dispute in the cardholder's currency, and in amounts of their own: what is held is all of the payment that has not
   * gone back, in the currency of the charge.
   */
  async inOurMoney({ tx }: Change, charge: Charge, dispute: GatewayDispute): Promise<GatewayDispute> {
    const { id, currency } = charge;
    if (dispute.currency === currency && dispute.amountMinor <= charge.amountMinor) return dispute;
    const heldMinor = charge.amountMinor - (await this.refunds.returnedMinor(tx, id));
    return { ...dispute, currency, amountMinor: heldMinor };
  }

  /** A refund that is made or on its way may mean that the member gets the money twice: a person should tell the bank. */
  private async openCase(
    change: Change,
    chargeback: Chargeback,
    dispute: GatewayDispute,
    words: string,
  ): Promise<void> {
    const { id: subjectId, subscriptionId, chargeId, currency } = chargeback;
    const returned = await this.refunds.lockAll(change.tx, chargeId);
    const returnedMinor = returned.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const twice = returned.length === 0 ? '' : `; refunds of ${returnedMinor} ${currency} were decided before it`;
    await this.cases.open(change.tx, {
      kind: 'chargeback',
      subscriptionId,
      subjectId,
      explanation: `${words}${twice}`,
      data: { ...dispute, refunds: returned.map(({ id, amountMinor, status }) => ({ id, amountMinor, status })) },
      openedAt: change.now,
    });
  }
}
