/**
 * The member's no to a value-added service: kept, and nothing is charged; what was paid and not used goes back in full
 * (3.1.3). They may still accept it later.
 */
import { Injectable } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { checkRefusal, type AddOn } from '../domain/add-on.js';
import { Refusal } from '../domain/refusal.js';
import { isLive } from '../domain/subscription.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Bind } from '../platform/http/idempotency.js';
import { OpenRefund } from '../refunds/open-refund.js';
import { RefundStore } from '../refunds/refund.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { FindOffer } from './find-offer.js';

@Injectable()
export class RefuseAddOn {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly findOffer: FindOffer,
    private readonly addOns: AddOnStore,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly openRefund: OpenRefund,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state` (the membership ended), `payment_in_progress`, `not_allowed_in_state` (used). */
  refuse(subscriptionId: string, code: string, bind: Bind): Promise<string> {
    return this.changeSubscription.change(subscriptionId, 'member', async (change) => {
      await this.findOffer.find(change, code);
      const { status } = change.subscription;
      if (!isLive(status)) throw new Refusal('not_allowed_in_state', `The membership is ${status}.`, '3.1.3');
      const addOn = await this.addOns.find(change, code);
      checkRefusal(addOn);
      await bind(change.tx, addOn.id);
      if (addOn.status === 'refused') return addOn.id;
      await this.addOns.save(change.tx, { ...addOn, status: 'refused', decidedAt: change.now });
      change.record('add_on.refused', '3.1.3', `the member refuses ${code}`, { code });
      if (addOn.status === 'accepted') await this.giveBack(change, addOn);
      return addOn.id;
    });
  }

  private async giveBack(change: Change, { code, chargeId }: AddOn): Promise<void> {
    if (chargeId === null) throw new Error(`${code} was accepted without a charge`);
    const { amountMinor: paidMinor, currency } = await this.charges.lock(change.tx, chargeId);
    const amountMinor = paidMinor - (await this.refunds.returnedMinor(change.tx, chargeId));
    if (amountMinor === 0) return;
    const formula = `${paidMinor} paid, never used = ${amountMinor}`;
    await this.openRefund.open(change, {
      chargeId,
      cancellationId: null,
      money: { amountMinor, currency },
      basis: 'full',
      clause: '3.1.3',
      calculation: { formula },
      explanation: `${amountMinor} ${currency} goes back: ${formula}`,
    });
  }
}
