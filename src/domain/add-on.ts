/**
 * Value-added services (3.1.3): offered with details and price, charged once and only after the member said yes, never
 * part of a term, and returned in full as long as they were not used: on the member's word, or with the membership.
 */
import type { Entitlement } from './entitlement.js';
import type { Money } from './money.js';
import { Refusal } from './refusal.js';

/** offered: no answer, or a payment that was declined · pending: accepted, its charge is under way. */
export type AddOnStatus = 'offered' | 'pending' | 'accepted' | 'refused';

export interface AddOn {
  id: string;
  subscriptionId: string;
  code: string;
  status: AddOnStatus;
  /** How often it was accepted; each acceptance has its own charge. */
  attempts: number;
  /** Of the latest acceptance. */
  chargeId: string | null;
  firstUsedAt: Date | null;
  decidedAt: Date;
}

/** The name under which the gateway knows the charge of one acceptance. */
export function addOnReference(subscriptionId: string, code: string, attempt: number): string {
  return `charge_${subscriptionId}_add_on_${code}_${attempt}`;
}

/**
 * Refuses `not_entitled` outside membership, `not_allowed_in_state` when it is accepted already, `payment_in_progress`
 * while its charge is under way, `price_changed` when the member was shown another price than the one in force.
 */
export function checkAcceptance(
  status: AddOnStatus,
  entitlement: Pick<Entitlement, 'entitled' | 'reason' | 'clause'>,
  price: Money,
  shown: Money,
): void {
  if (!entitlement.entitled) {
    throw new Refusal('not_entitled', `Only members can buy it: ${entitlement.reason}.`, entitlement.clause);
  }
  if (status === 'accepted') throw new Refusal('not_allowed_in_state', 'It is accepted and paid already.', '3.1.3');
  if (status === 'pending') {
    throw new Refusal('payment_in_progress', 'Its payment is under way; the outcome comes first.', '3.1.3');
  }
  if (price.amountMinor !== shown.amountMinor || price.currency !== shown.currency) {
    throw new Refusal('price_changed', `The price is ${price.amountMinor} ${price.currency} now.`, '3.1.3');
  }
}

/**
 * A refusal is kept, and one after the payment returns it in full. Refuses `payment_in_progress`, then
 * `not_allowed_in_state` for what was used already.
 */
export function checkRefusal({ status, firstUsedAt }: Pick<AddOn, 'status' | 'firstUsedAt'>): void {
  if (status === 'pending') {
    throw new Refusal('payment_in_progress', 'Its payment is under way; the outcome comes first.', '3.1.3');
  }
  if (firstUsedAt !== null) {
    throw new Refusal('not_allowed_in_state', 'It was used; it is returned until its first use only.', '3.1.3');
  }
}

/**
 * What captured money is for: the add-on it was accepted for, or, when the membership has ended, the member has refused
 * since or another charge has paid it, nothing: then it goes back.
 */
export function settleAddOnCapture(
  addOn: Pick<AddOn, 'status' | 'chargeId'>,
  chargeId: string,
  live: boolean,
): 'apply' | 'give_back' {
  const awaited = addOn.chargeId === chargeId && (addOn.status === 'pending' || addOn.status === 'offered');
  return live && awaited ? 'apply' : 'give_back';
}
