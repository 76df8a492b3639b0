/** Freezes one benefit of a member, or lets it run again (4.5, 4.7); the membership itself is untouched. */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { MarketStore } from '../markets/market.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { BenefitFreezeEntity } from './benefit-freeze.entity.js';

export interface FreezeOrder {
  subscriptionId: string;
  benefit: string;
  frozen: boolean;
  reason: string;
}

@Injectable()
export class FreezeBenefit {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly markets: MarketStore,
  ) {}

  /** Refuses `not_found` for a subscription or a benefit there is not. What was said before in the same words stands. */
  freeze(order: FreezeOrder): Promise<BenefitFreezeEntity> {
    return this.changeSubscription.change(order.subscriptionId, 'risk', async (change) => {
      const { subscriptionId, benefit, frozen, reason } = order;
      const standing = await change.tx.findOne(BenefitFreezeEntity, { subscriptionId, benefit });
      // One the market has since withdrawn can still be let go.
      if (standing === null) await this.requireBenefit(change, benefit);
      if (standing?.frozen === frozen && standing.reason === reason) return standing;
      const said: BenefitFreezeEntity = { subscriptionId, benefit, frozen, reason, at: change.now };
      await change.tx.upsert(BenefitFreezeEntity, said, ['subscriptionId', 'benefit']);
      const event = frozen ? 'benefit.frozen' : 'benefit.unfrozen';
      const words = frozen ? 'frozen' : 'no longer frozen';
      change.record(event, '4.5', `${benefit} is ${words}: ${reason}`, { benefit, frozen, reason });
      return said;
    });
  }

  private async requireBenefit({ tx, subscription, now }: Change, code: string): Promise<void> {
    const catalogue = await this.markets.benefitsAt(tx, subscription.country, now);
    if (catalogue.some((benefit) => benefit.code === code)) return;
    throw new Refusal('not_found', `There is no benefit ${code} in ${subscription.country}.`);
  }
}
