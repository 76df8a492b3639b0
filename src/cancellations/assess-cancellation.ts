/** Gathers the facts of a cancellation under the lock and asks the law what goes back; changes nothing. */
import { Injectable } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { BenefitUseStore } from '../benefits/benefit-use.store.js';
import {
  quoteCancellation,
  type CancellationFacts,
  type CancellationQuote,
  type UnusedPayment,
} from '../domain/cancellation.js';
import { currentTerm, waitingTerm } from '../domain/due.js';
import type { Term } from '../domain/subscription.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { MarketStore } from '../markets/market.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import { RefundStore } from '../refunds/refund.store.js';
import type { Change } from '../subscriptions/change.js';
import type { QuoteFacts } from './cancellation.entity.js';

const NOTHING_USED = { uses: 0, valueMinor: 0 };

@Injectable()
export class AssessCancellation {
  constructor(
    private readonly gateways: Gateways,
    private readonly markets: MarketStore,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly uses: BenefitUseStore,
    private readonly addOns: AddOnStore,
  ) {}

  /** `law`: what is asked, a cancellation unless said otherwise; `at`: the instant it is asked for. */
  async assess(
    change: Change,
    law = quoteCancellation,
    at = change.now,
  ): Promise<{ quote: CancellationQuote; facts: QuoteFacts }> {
    const { tx, subscription, terms } = change;
    const running = currentTerm(terms, at);
    const waiting = waitingTerm(terms, at);
    const charge = running === null ? null : await this.chargeOf(change, running);
    const rules =
      running === null
        ? await this.markets.rulePackAt(tx, subscription.country, at)
        : await this.markets.rulePack(tx, subscription.country, running.rulePackVersion);
    const used = running === null ? NOTHING_USED : await this.uses.usedIn(tx, running);
    const { currency } = await this.markets.priceAt(tx, subscription.country, at);
    const unused = [
      ...(waiting === null ? [] : await this.unusedTerm(change, waiting)),
      ...(await this.unusedAddOns(change)),
    ];
    const quote = law({
      effectiveAt: at,
      currency: charge?.currency ?? currency,
      term: running === null ? null : { ...running, charge },
      rules,
      benefitValueUsedMinor: used.valueMinor,
      stepMinor: charge === null ? 1 : this.gateways.of(charge.gateway).stepOf(charge.currency),
      unused,
    });
    const facts: QuoteFacts = {
      termId: running?.id ?? null,
      termEndsAt: running?.endsAt.toISOString() ?? null,
      chargeId: charge?.id ?? null,
      returnedMinor: charge?.returnedMinor ?? 0,
      benefitUses: used.uses,
      benefitValueUsedMinor: used.valueMinor,
      waitingTermId: waiting?.id ?? null,
      unused: unused.map(({ charge: { id: chargeId, returnedMinor } }) => ({ chargeId, returnedMinor })),
    };
    return { quote, facts };
  }

  private async unusedTerm(change: Change, waiting: Term): Promise<UnusedPayment[]> {
    const charge = await this.chargeOf(change, waiting);
    if (charge === null) return [];
    return [{ kind: 'waiting_term', description: 'the next term, not begun', clause: '3.3.1', charge }];
  }

  private async unusedAddOns(change: Change): Promise<UnusedPayment[]> {
    const returned: UnusedPayment[] = [];
    for (const { code, chargeId } of await this.addOns.unused(change.tx, change.subscription.id)) {
      const charge = await this.chargeOf(change, { chargeId });
      if (charge === null) continue;
      returned.push({ kind: 'add_on', description: `${code}, never used`, clause: '3.1.3', charge });
    }
    return returned;
  }

  private async chargeOf(
    { tx }: Change,
    { chargeId }: Pick<Term, 'chargeId'>,
  ): Promise<(NonNullable<NonNullable<CancellationFacts['term']>['charge']> & { gateway: string }) | null> {
    if (chargeId === null) return null;
    const { id, amountMinor: paidMinor, currency, gateway } = await this.charges.lock(tx, chargeId);
    return { id, paidMinor, currency, gateway, returnedMinor: await this.refunds.returnedMinor(tx, chargeId) };
  }
}
