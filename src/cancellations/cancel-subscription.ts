/**
 * Ends a membership at the member's word, at once (3.4.1, 3.4.2): one transaction that locks, asks the law or honours
 * the quote, ends the subscription and opens the refund. The caller never names an amount.
 */
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { CancellationQuote } from '../domain/cancellation.js';
import { Refusal } from '../domain/refusal.js';
import { RequestStore } from '../payments/request.store.js';
import type { Bind } from '../platform/idempotency.js';
import { newId } from '../platform/ids.js';
import { OpenRefund } from '../refunds/open-refund.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { AssessCancellation } from './assess-cancellation.js';
import { CancellationEntity, CancellationQuoteEntity } from './cancellation.entity.js';

export interface CancelOrder {
  subscriptionId: string;
  quoteId: string | null;
  reason: string | null;
}

@Injectable()
export class CancelSubscription {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly assess: AssessCancellation,
    private readonly requests: RequestStore,
    private readonly openRefund: OpenRefund,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state`, `quote_expired`, `quote_stale`. */
  run({ subscriptionId, quoteId, reason }: CancelOrder, bind: Bind): Promise<string> {
    return this.changeSubscription.run(subscriptionId, 'member', async (change) => {
      await bind(change.tx, subscriptionId);
      const termStartsAt = change.lastTerm?.startsAt ?? null;
      await this.requests.withdrawWaiting(change);
      change.end('cancel', 'canceled_by_member');
      const quote = await this.decide(change, quoteId);
      const { basis, clause, formula, refundMinor, currency } = quote;
      const id = newId();
      await change.tx
        .getRepository(CancellationEntity)
        .insert({ id, subscriptionId, quoteId, reason, basis, effectiveAt: change.now });
      change.record('subscription.canceled', clause, `canceled by the member: ${formula}`, {
        basis,
        refundMinor,
        currency,
        quoteId,
        reason,
        termStartsAt,
      });
      await this.refund(change, id, quote);
      return subscriptionId;
    });
  }

  /** The quote's own amount where one is given and nothing it rests on has changed; never another amount. */
  private async decide(change: Change, quoteId: string | null): Promise<CancellationQuote> {
    const { quote, facts } = await this.assess.run(change);
    if (quoteId === null) return quote;
    const subscriptionId = change.subscription.id;
    const promised = await change.tx.getRepository(CancellationQuoteEntity).findOneBy({ id: quoteId, subscriptionId });
    if (promised === null) throw new Refusal('not_found', `There is no quote ${quoteId} for this subscription.`);
    if (change.now >= promised.expiresAt) {
      throw new Refusal(
        'quote_expired',
        `The quote expired at ${promised.expiresAt.toISOString()}; ask for a new one.`,
        '3.4',
      );
    }
    if (!isDeepStrictEqual(promised.facts, facts)) {
      throw new Refusal('quote_stale', 'Something the quote rests on has changed; ask for a new one.', '3.4');
    }
    return promised.quote;
  }

  private async refund(change: Change, cancellationId: string, quote: CancellationQuote): Promise<void> {
    const { basis, clause, refundMinor: amountMinor, currency, chargeId, formula, lines } = quote;
    if (amountMinor === 0 || chargeId === null) return;
    await this.openRefund.run(change, {
      chargeId,
      cancellationId,
      money: { amountMinor, currency },
      basis,
      clause,
      calculation: { formula, lines },
      explanation: `${amountMinor} ${currency} goes back: ${formula}`,
    });
  }
}
