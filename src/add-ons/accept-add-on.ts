/**
 * The member's yes to a value-added service at the price they were shown (3.1.3): writes the answer and the intent to
 * charge it once. It touches neither the term nor what the membership owes.
 */
import { Injectable } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { DeriveEntitlement } from '../benefits/derive-entitlement.js';
import { addOnReference, checkAcceptance } from '../domain/add-on.js';
import type { Charge } from '../domain/charge.js';
import type { Money } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { OpenCharge } from '../payments/open-charge.js';
import type { Bind } from '../platform/http/idempotency.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { FindOffer } from './find-offer.js';

export interface AddOnAnswer {
  subscriptionId: string;
  code: string;
  /** What the member was shown. */
  price: Money;
}

@Injectable()
export class AcceptAddOn {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly findOffer: FindOffer,
    private readonly deriveEntitlement: DeriveEntitlement,
    private readonly addOns: AddOnStore,
    private readonly openCharge: OpenCharge,
  ) {}

  /**
   * Returns the charge's id. Refuses `not_found`, `not_entitled`, `not_allowed_in_state` (accepted already),
   * `payment_in_progress`, `price_changed`, `payment_method_rejected` where no authorization is left.
   */
  accept({ subscriptionId, code, price: shown }: AddOnAnswer, bind: Bind): Promise<string> {
    return this.changeSubscription.change(subscriptionId, 'member', async (change) => {
      const { tx, subscription, terms, now } = change;
      const { price } = await this.findOffer.find(change, code);
      const { entitlement, term } = await this.deriveEntitlement.derive(tx, subscription, terms, now);
      const addOn = await this.addOns.find(change, code);
      checkAcceptance(addOn.status, entitlement, price, shown);
      if (term === null) throw new Refusal('not_entitled', 'No term has begun.', '3.1.3');
      const reference = addOnReference(subscriptionId, addOn.code, addOn.attempts + 1);
      const charge = await this.openCharge.openAddOn(change, { termNumber: term.number, reference }, price);
      const { id: chargeId } = charge;
      const accepted = { status: 'pending', attempts: addOn.attempts + 1, chargeId, decidedAt: now } as const;
      await this.addOns.save(tx, { ...addOn, ...accepted });
      await this.addOns.link(tx, chargeId, addOn.id);
      this.record(change, code, charge);
      await bind(tx, chargeId);
      return chargeId;
    });
  }

  private record(change: Change, code: string, { id: chargeId, reference, amountMinor, currency }: Charge): void {
    const data = { code, chargeId, reference, amountMinor, currency };
    change.record('add_on.accepted', '3.1.3', `the member accepts ${code} for ${amountMinor} ${currency}`, data);
    change.record('charge.opened', '3.1.3', `${amountMinor} ${currency} is charged for ${code}`, {
      ...data,
      purpose: 'add_on',
      attempt: 1,
    });
  }
}
