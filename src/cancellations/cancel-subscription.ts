/**
 * Ends a membership at the member's word, at once (3.4.1, 3.4.2): one transaction that locks, asks the law or honours
 * the quote, ends the subscription and opens the refund. The caller never names an amount.
 */
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { CancellationQuote } from '../domain/cancellation.js';
import { makeMove } from '../domain/moves.js';
import { Refusal } from '../domain/refusal.js';
import type { Bind } from '../platform/http/idempotency.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { AssessCancellation } from './assess-cancellation.js';
import { CancellationQuoteEntity } from './cancellation.entity.js';
import { EndWithReturns } from './end-with-returns.js';

export interface CancelOrder {
  subscriptionId: string;
  quoteId: string | null;
  reason: string | null;
}

@Injectable()
export class CancelSubscription {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly assessCancellation: AssessCancellation,
    private readonly endWithReturns: EndWithReturns,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state`, `quote_expired`, `quote_stale`. */
  cancel({ subscriptionId, quoteId, reason }: CancelOrder, bind: Bind): Promise<string> {
    return this.changeSubscription.change(subscriptionId, 'member', async (change) => {
      makeMove('cancel', change.subscription.status, change.actor);
      await bind(change.tx, subscriptionId);
      const quote = await this.decide(change, quoteId);
      await this.endWithReturns.end(change, quote, {
        move: 'cancel',
        event: 'subscription.canceled',
        endReason: 'canceled_by_member',
        words: 'canceled by the member',
        quoteId,
        reason,
        effectiveAt: change.now,
      });
      return subscriptionId;
    });
  }

  /** The quote's own amount where one is given and nothing it rests on has changed; never another amount. */
  private async decide(change: Change, quoteId: string | null): Promise<CancellationQuote> {
    const { quote, facts } = await this.assessCancellation.assess(change);
    if (quoteId === null) return quote;
    const subscriptionId = change.subscription.id;
    const promised = await change.tx.findOne(CancellationQuoteEntity, { id: quoteId, subscriptionId });
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
}
