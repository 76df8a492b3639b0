/** Finds the value-added service a market offers now; the answer to an unknown code. */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { AddOnOfferStore, type AddOnOffer } from '../markets/add-on-offer.store.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class FindOffer {
  constructor(private readonly offers: AddOnOfferStore) {}

  /** Refuses `not_found`. */
  async find({ tx, subscription, now }: Change, code: string): Promise<AddOnOffer> {
    const { country } = subscription;
    const offer = (await this.offers.offersAt(tx, country, now)).find((one) => one.code === code);
    if (offer === undefined) throw new Refusal('not_found', `${country} offers no value-added service ${code}.`);
    return offer;
  }
}
