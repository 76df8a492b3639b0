/**
 * Records that a member used a benefit on an order (4.1), with its value, which a cancellation may deduct (3.4.1).
 * One order uses one benefit once, for ever, whatever key it is sent with.
 */
import { Injectable } from '@nestjs/common';
import { checkBenefitUse } from '../domain/benefit.js';
import type { Money } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { Ledger } from '../ledger/ledger.js';
import { MarketStore } from '../markets/market.store.js';
import type { Bind } from '../platform/http/idempotency.js';
import { validationFailed } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { AddOnStore } from './add-on.store.js';
import type { BenefitUseEntity } from './benefit-use.entity.js';
import { BenefitUseStore } from './benefit-use.store.js';
import { DeriveEntitlement } from './derive-entitlement.js';

export interface UseOrder {
  subscriptionId: string;
  benefit: string;
  orderId: string;
  value: Money;
}

@Injectable()
export class RecordBenefitUse {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly markets: MarketStore,
    private readonly uses: BenefitUseStore,
    private readonly deriveEntitlement: DeriveEntitlement,
    private readonly addOns: AddOnStore,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Returns the use's id. Refuses in this order: `not_found`, a currency that is not the market's (422),
   * `benefit_use_differs` where the order used it with another value, `not_entitled`.
   */
  record(order: UseOrder, bind: Bind): Promise<string> {
    return this.changeSubscription.change(order.subscriptionId, 'member', async (change) => {
      await this.requireMarketCurrency(change, order.value.currency);
      // Recorded once is recorded for ever: the member may since have lost what let them use it.
      const id = (await this.recordedBefore(change, order)) ?? (await this.keep(change, order));
      await bind(change.tx, id);
      return id;
    });
  }

  private async requireMarketCurrency({ tx, subscription }: Change, currency: string): Promise<void> {
    const market = await this.markets.find(tx, subscription.country);
    if (market?.currency === currency) return;
    throw validationFailed([
      { path: 'value.currency', message: `must be ${market?.currency}, the currency of ${subscription.country}` },
    ]);
  }

  private async recordedBefore({ tx }: Change, order: UseOrder): Promise<string | null> {
    const recorded = await this.uses.find(tx, order);
    if (recorded === null) return null;
    if (recorded.valueMinor !== order.value.amountMinor) {
      throw new Refusal(
        'benefit_use_differs',
        `Order ${order.orderId} used ${order.benefit} with another value: ${recorded.valueMinor} ${recorded.currency}.`,
        '4.1',
      );
    }
    return recorded.id;
  }

  private async keep(change: Change, { subscriptionId, benefit, orderId, value }: UseOrder): Promise<string> {
    const { tx, subscription, terms, now } = change;
    const facts = await this.deriveEntitlement.derive(tx, subscription, terms, now);
    const addOn = await this.addOns.find(change, benefit);
    const ofAddOn = addOn.status === 'accepted';
    const granted = { code: benefit, kind: 'add_on', description: 'paid for by the member' };
    checkBenefitUse(benefit, ofAddOn ? { ...facts, catalogue: [granted] } : facts);
    // From here on it no longer goes back when the membership is canceled (3.1.3).
    if (ofAddOn && addOn.firstUsedAt === null && addOn.chargeId !== null) {
      await this.addOns.save(tx, { ...addOn, firstUsedAt: now });
      await this.ledger.addOnUsed(change, addOn.chargeId);
    }
    const { amountMinor: valueMinor, currency } = value;
    const use: BenefitUseEntity = {
      id: newId(),
      subscriptionId,
      termNumber: facts.term?.number ?? 0,
      benefit,
      orderId,
      valueMinor,
      currency,
      ofAddOn,
      usedAt: now,
    };
    await this.uses.insert(tx, use);
    const { id: useId, termNumber } = use;
    change.record('benefit.used', '4.1', `${benefit} used on order ${orderId}, worth ${valueMinor} ${currency}`, {
      useId,
      benefit,
      orderId,
      valueMinor,
      currency,
      termNumber,
    });
    return useId;
  }
}
