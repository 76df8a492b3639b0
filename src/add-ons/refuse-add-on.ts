/** The member's no to a value-added service: kept, and nothing is charged (3.1.3). They may still accept it later. */
import { Injectable } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { checkRefusal } from '../domain/add-on.js';
import { Refusal } from '../domain/refusal.js';
import { isLive } from '../domain/subscription.js';
import type { Bind } from '../platform/idempotency.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { FindOffer } from './find-offer.js';

@Injectable()
export class RefuseAddOn {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly findOffer: FindOffer,
    private readonly addOns: AddOnStore,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state` (ended, or accepted already), `payment_in_progress`. */
  run(subscriptionId: string, code: string, bind: Bind): Promise<string> {
    return this.changeSubscription.run(subscriptionId, 'member', async (change) => {
      await this.findOffer.run(change, code);
      const { status } = change.subscription;
      if (!isLive(status)) throw new Refusal('not_allowed_in_state', `The membership is ${status}.`, '3.1.3');
      const addOn = await this.addOns.find(change, code);
      checkRefusal(addOn.status);
      await bind(change.tx, addOn.id);
      if (addOn.status === 'refused') return addOn.id;
      await this.addOns.save(change.tx, { ...addOn, status: 'refused', decidedAt: change.now });
      change.record('add_on.refused', '3.1.3', `the member refuses ${code}`, { code });
      return addOn.id;
    });
  }
}
