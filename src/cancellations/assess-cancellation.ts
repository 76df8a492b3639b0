/** Gathers the facts of a cancellation under the lock and asks the law what goes back; changes nothing. */
import { Injectable } from '@nestjs/common';
import { quoteCancellation, type CancellationFacts, type CancellationQuote } from '../domain/cancellation.js';
import type { Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import { RefundStore } from '../refunds/refund.store.js';
import type { Change } from '../subscriptions/change.js';
import type { QuoteFacts } from './cancellation.entity.js';

@Injectable()
export class AssessCancellation {
  constructor(
    private readonly markets: MarketStore,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
  ) {}

  async run(change: Change): Promise<{ quote: CancellationQuote; facts: QuoteFacts }> {
    const { tx, subscription, lastTerm, now } = change;
    const charge = lastTerm === null ? null : await this.chargeOf(change, lastTerm);
    const rules =
      lastTerm === null
        ? await this.markets.rulePackAt(tx, subscription.country, now)
        : await this.markets.rulePack(tx, subscription.country, lastTerm.rulePackVersion);
    const benefitValueUsedMinor = 0;
    const term = lastTerm === null ? null : { ...lastTerm, charge };
    const { currency } = await this.markets.priceAt(tx, subscription.country, now);
    const quote = quoteCancellation({ effectiveAt: now, currency, term, rules, benefitValueUsedMinor });
    const facts: QuoteFacts = {
      termId: lastTerm?.id ?? null,
      chargeId: charge?.id ?? null,
      returnedMinor: charge?.returnedMinor ?? 0,
      benefitValueUsedMinor,
    };
    return { quote, facts };
  }

  private async chargeOf(
    { tx }: Change,
    { chargeId }: Term,
  ): Promise<NonNullable<CancellationFacts['term']>['charge']> {
    if (chargeId === null) return null;
    const { id, amountMinor, currency } = await this.charges.lock(tx, chargeId);
    return { id, paidMinor: amountMinor, currency, returnedMinor: await this.refunds.returnedMinor(tx, chargeId) };
  }
}
