/**
 * Ends a membership with what is due back, in the transaction of the decision: the record of the ending, at most one
 * refund per charge, and no term left waiting. Why it ends and how much goes back is decided by the caller and the law.
 */
import { Injectable } from '@nestjs/common';
import type { CancellationQuote } from '../domain/cancellation.js';
import { waitingTerm } from '../domain/due.js';
import type { EndReason } from '../domain/end-reason.js';
import type { MoveName } from '../domain/moves.js';
import { RequestStore } from '../gateway/request.store.js';
import { Ledger } from '../ledger/ledger.js';
import { newId } from '../platform/ids.js';
import { OpenRefund } from '../refunds/open-refund.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { CancellationEntity } from './cancellation.entity.js';

export interface Ending {
  move: Extract<MoveName, 'cancel' | 'discontinue'>;
  /** The fact the timeline tells. */
  event: 'subscription.canceled' | 'subscription.discontinued';
  endReason: EndReason;
  words: string;
  quoteId: string | null;
  reason: string | null;
  /** As of when what goes back is counted. */
  effectiveAt: Date;
}

@Injectable()
export class EndWithReturns {
  constructor(
    private readonly requests: RequestStore,
    private readonly subscriptions: SubscriptionStore,
    private readonly openRefund: OpenRefund,
    private readonly ledger: Ledger,
  ) {}

  async end(change: Change, quote: CancellationQuote, ending: Ending): Promise<void> {
    const { tx, subscription } = change;
    const { basis, clause, formula, refundMinor, currency } = quote;
    const { quoteId, reason, effectiveAt } = ending;
    await this.requests.withdrawWaiting(change);
    change.end(ending.move, ending.endReason);
    const id = newId();
    const row = { id, subscriptionId: subscription.id, quoteId, reason, basis, effectiveAt };
    await tx.insert(CancellationEntity, row);
    change.record(ending.event, clause, `${ending.words}: ${formula}`, {
      basis,
      refundMinor,
      currency,
      quoteId,
      reason,
    });
    for (const part of quote.refunds) await this.refund(change, id, quote, part);
    const deducted = quote.lines.some(({ kind }) => kind === 'benefit_deduction' || kind === 'time_deduction');
    await this.ledger.serviceCutShort(change, deducted ? 'benefit_deductions' : 'membership_revenue', clause);
    const waiting = waitingTerm(change.terms, effectiveAt);
    if (waiting !== null) await this.subscriptions.removeTerm(tx, waiting.id);
  }

  private async refund(
    change: Change,
    cancellationId: string,
    { currency, lines }: CancellationQuote,
    { chargeId, basis, clause, amountMinor, formula }: CancellationQuote['refunds'][number],
  ): Promise<void> {
    await this.openRefund.open(change, {
      chargeId,
      cancellationId,
      money: { amountMinor, currency },
      basis,
      clause,
      calculation: { formula, lines: lines.filter((line) => line.clause === clause) },
      explanation: `${amountMinor} ${currency} goes back: ${formula}`,
    });
  }
}
