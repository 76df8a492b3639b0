/** What a member can see of value-added services: what is offered now and what they answered; changes nothing. */
import { Injectable } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import type { AddOn } from '../domain/add-on.js';
import type { Money } from '../domain/money.js';
import { AddOnOfferStore } from '../markets/add-on-offer.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import { Database } from '../platform/database/database.js';
import { Clock } from '../platform/time/clock.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import type { AddOnView } from './add-on.dto.js';

@Injectable()
export class ShowAddOns {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly offers: AddOnOfferStore,
    private readonly addOns: AddOnStore,
    private readonly charges: ChargeStore,
  ) {}

  /** By code; refuses `not_found` for a subscription there is not. */
  async show(subscriptionId: string): Promise<AddOnView[]> {
    const tx = this.database.reader;
    const { country } = await this.subscriptions.get(subscriptionId);
    const answered = new Map((await this.addOns.list(tx, subscriptionId)).map((addOn) => [addOn.code, addOn]));
    const offers = await this.offers.offersAt(tx, country, await this.clock.now());
    const views = offers.map(async ({ code, description, price }) => {
      const addOn = answered.get(code) ?? null;
      return view(code, description, addOn, await this.priceOf(addOn, price));
    });
    return Promise.all(views);
  }

  /** One of them. */
  async one(subscriptionId: string, code: string): Promise<AddOnView> {
    const found = (await this.show(subscriptionId)).find((addOn) => addOn.code === code);
    if (found === undefined) throw new Error(`${code} is no longer offered`);
    return found;
  }

  /** What was paid for is shown at what was paid, whatever the price is now. */
  private async priceOf(addOn: AddOn | null, price: Money): Promise<Money> {
    const bought = addOn?.status === 'accepted' || addOn?.status === 'pending';
    return bought && addOn.chargeId !== null ? this.charges.get(addOn.chargeId) : price;
  }
}

function view(code: string, description: string, addOn: AddOn | null, { amountMinor, currency }: Money): AddOnView {
  return {
    code,
    description,
    price: { amount: amountMinor, currency },
    status: addOn?.status ?? 'offered',
    chargeId: addOn?.chargeId ?? null,
    firstUsedAt: addOn?.firstUsedAt ?? null,
  };
}
