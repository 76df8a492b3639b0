/** Answers which value-added services a market offers at an instant and at which price; loads the shipped ones. */
import { Injectable } from '@nestjs/common';
import type { Money } from '../domain/money.js';
import { inForceAt } from '../domain/rule-pack.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { AddOnOfferEntity } from './add-on-offer.entity.js';

export interface AddOnOffer {
  code: string;
  description: string;
  price: Money;
}

@Injectable()
export class AddOnOfferStore {
  /** By code; of each the latest in force (3.1.3). */
  async offersAt(tx: Tx, country: string, at: Date): Promise<AddOnOffer[]> {
    const published = await tx.find(AddOnOfferEntity, { country }, { order: { code: 'asc' } });
    const codes = [...new Set(published.map(({ code }) => code))];
    return codes.flatMap((code) => {
      const offer = inForceAt(
        published.filter((one) => one.code === code),
        at,
      );
      if (offer === null) return [];
      const { description, priceMinor: amountMinor, currency } = offer;
      return [{ code, description, price: { amountMinor, currency } }];
    });
  }

  /** True when it is stored now; false when another one was published before for the same instant. */
  async load(tx: Tx, offer: Omit<AddOnOfferEntity, 'id'>): Promise<boolean> {
    const { country, code, effectiveFrom } = offer;
    const stored = await tx.findOne(AddOnOfferEntity, { country, code, effectiveFrom });
    if (stored === null) await tx.insert(AddOnOfferEntity, { id: newId(), ...offer });
    return stored === null || stored.priceMinor === offer.priceMinor;
  }
}
