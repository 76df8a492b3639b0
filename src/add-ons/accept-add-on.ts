/**
 * The member's yes to a value-added service at the price they were shown (3.1.3): writes the answer and the intent to
 * charge it once. It touches neither the term nor what the membership owes.
 */
import { Injectable } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { DeriveEntitlement } from '../benefits/derive-entitlement.js';
import { addOnReference, checkAcceptance, type AddOn } from '../domain/add-on.js';
import { newCharge, type Charge } from '../domain/charge.js';
import type { Money } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { RequestStore } from '../gateway/request.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Bind } from '../platform/http/idempotency.js';
import { newId } from '../platform/ids.js';
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
    private readonly charges: ChargeStore,
    private readonly requests: RequestStore,
  ) {}

  /**
   * Returns the charge's id. Refuses `not_found`, `not_entitled`, `not_allowed_in_state` (accepted already),
   * `payment_in_progress`, `price_changed`.
   */
  accept({ subscriptionId, code, price: shown }: AddOnAnswer, bind: Bind): Promise<string> {
    return this.changeSubscription.change(subscriptionId, 'member', async (change) => {
      const { tx, subscription, terms, now } = change;
      const { price } = await this.findOffer.find(change, code);
      const { entitlement, term } = await this.deriveEntitlement.derive(tx, subscription, terms, now);
      const addOn = await this.addOns.find(change, code);
      checkAcceptance(addOn.status, entitlement, price, shown);
      if (term === null) throw new Refusal('not_entitled', 'No term has begun.', '3.1.3');
      const charge = this.compose(change, addOn, term.number, price);
      await this.charges.insert(tx, charge);
      const { id: chargeId, attempts, reference } = charge;
      const accepted = { status: 'pending', attempts: addOn.attempts + 1, chargeId, decidedAt: now } as const;
      await this.addOns.save(tx, { ...addOn, ...accepted });
      await this.addOns.link(tx, chargeId, addOn.id);
      await this.requests.intend(change, { kind: 'add_on', subjectId: chargeId, reference, attempt: attempts });
      this.record(change, code, charge);
      await bind(tx, chargeId);
      return chargeId;
    });
  }

  private compose(change: Change, addOn: AddOn, termNumber: number, price: Money): Charge {
    const { id: subscriptionId } = change.subscription;
    const reference = addOnReference(subscriptionId, addOn.code, addOn.attempts + 1);
    const known = { id: newId(), subscriptionId, termNumber, reference, createdAt: change.now };
    return newCharge({ ...known, purpose: 'add_on' }, price);
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
