/**
 * Pays a member something back for an outage or as goodwill (6.2): any amount up to what was collected and not yet
 * returned. It goes against the newest charges first; the membership itself is not touched.
 */
import { Injectable } from '@nestjs/common';
import { formatMoney } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { Gateways } from '../gateway/payment-gateway.js';
import type { Charge } from '../domain/charge.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Bind } from '../platform/http/idempotency.js';
import { validationFailed } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { OpenRefund } from './open-refund.js';
import { RefundStore } from './refund.store.js';

export interface CompensationOrder {
  subscriptionId: string;
  /** In the currency of the subscription's charges. */
  amountMinor: number;
  reason: string;
}

interface Share {
  chargeId: string;
  amountMinor: number;
  currency: string;
}

@Injectable()
export class Compensate {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly gateways: Gateways,
    private readonly openRefund: OpenRefund,
  ) {}

  /**
   * Returns the compensation's id. Refuses `not_found`, `exceeds_collected`, then 422 an amount that the payment channel does
   * not carry.
   */
  compensate({ subscriptionId, amountMinor, reason }: CompensationOrder, bind: Bind): Promise<string> {
    return this.changeSubscription.change(subscriptionId, 'operations', async (change) => {
      const shares = await this.shareOut(change, amountMinor);
      const compensationId = newId();
      await bind(change.tx, compensationId);
      for (const { chargeId, ...money } of shares) {
        await this.openRefund.open(change, {
          chargeId,
          cancellationId: null,
          compensationId,
          money,
          basis: 'compensation',
          clause: '6.2',
          calculation: { formula: `${money.amountMinor} of a compensation of ${amountMinor}`, reason },
          explanation: `${money.amountMinor} ${money.currency} is paid as compensation: ${reason}`,
        });
      }
      return compensationId;
    });
  }

  private requireCarried({ gateway, currency }: Charge, amountMinor: number): void {
    const step = this.gateways.of(gateway).stepOf(currency);
    if (amountMinor % step === 0) return;
    const words = formatMoney({ amountMinor: step, currency });
    throw validationFailed([
      { path: 'amount', message: `the payment gateway carries ${currency} in steps of ${words}` },
    ]);
  }

  private async shareOut({ tx, subscription }: Change, amountMinor: number): Promise<Share[]> {
    const shares: Share[] = [];
    let leftMinor = amountMinor;
    for (const charge of await this.charges.captured(tx, subscription.id)) {
      // All of it goes back anyway: it is the member's own.
      if (charge.unappliedAt !== null) continue;
      this.requireCarried(charge, amountMinor);
      const heldMinor = charge.amountMinor - (await this.refunds.returnedMinor(tx, charge.id));
      const shareMinor = Math.min(leftMinor, heldMinor);
      if (shareMinor > 0) shares.push({ chargeId: charge.id, amountMinor: shareMinor, currency: charge.currency });
      leftMinor -= shareMinor;
    }
    if (leftMinor === 0) return shares;
    throw new Refusal(
      'exceeds_collected',
      `Only ${amountMinor - leftMinor} minor units are collected and not returned.`,
      '6.2',
    );
  }
}
