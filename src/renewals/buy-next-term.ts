/**
 * Early renewal (3.3.1): the member buys the next term before the current one ends, at the price in force now. It waits
 * as a prepaid term and starts exactly at the old end, without a second charge.
 */
import { Injectable } from '@nestjs/common';
import { waitingTerm } from '../domain/due.js';
import { Refusal } from '../domain/refusal.js';
import { choiceStillOpen } from '../domain/term-end.js';
import { MarketStore, notOpen } from '../markets/market.store.js';
import { OpenCharge } from '../payments/open-charge.js';
import type { Bind } from '../platform/http/idempotency.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class BuyNextTerm {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly markets: MarketStore,
    private readonly openCharge: OpenCharge,
  ) {}

  /**
   * Returns the charge's id. Refuses `not_found`, `not_allowed_in_state` (also while suspended, and at the term's end),
   * `next_term_already_bought`, `payment_in_progress`, `market_not_open`.
   */
  buy(id: string, bind: Bind): Promise<string> {
    return this.changeSubscription.change(id, 'member', async (change) => {
      change.move('buy_next_term');
      this.requirePossible(change);
      const { tx, subscription, now } = change;
      const market = await this.markets.find(tx, subscription.country);
      if (market?.status !== 'open') throw notOpen(subscription.country, 'it is closed');
      const price = await this.markets.priceAt(tx, subscription.country, now);
      const chargeId = await this.openCharge.open(change, 'early_renewal', price);
      await bind(tx, chargeId);
      return chargeId;
    });
  }

  private requirePossible({ subscription, terms, lastTerm, now }: Change): void {
    if (subscription.suspendedAt !== null) {
      throw new Refusal('not_allowed_in_state', 'The membership is suspended: nothing is sold meanwhile.', '5.2');
    }
    if (waitingTerm(terms, now) !== null) {
      throw new Refusal('next_term_already_bought', 'The next term is bought already; at most one waits.', '3.3.1');
    }
    if (lastTerm?.kind !== 'paid' || !choiceStillOpen(now, lastTerm)) {
      throw new Refusal('not_allowed_in_state', 'There is no running paid term to renew early.', '3.3.1');
    }
    if (subscription.chargeProgress !== 'none') {
      throw new Refusal('payment_in_progress', 'A payment is under way; its outcome comes first.', '3.3.1');
    }
  }
}
