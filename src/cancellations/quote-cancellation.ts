/** Promises what cancelling now would return (3.4); writes the quote and nothing else. The promise lasts 15 minutes. */
import { Injectable } from '@nestjs/common';
import { MINUTE_MS, plusMs } from '../domain/instant.js';
import { makeMove } from '../domain/moves.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { AssessCancellation } from './assess-cancellation.js';
import { CancellationQuoteEntity } from './cancellation.entity.js';

const LASTS_MS = 15 * MINUTE_MS;

@Injectable()
export class QuoteCancellation {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly assessCancellation: AssessCancellation,
  ) {}

  /** Refuses `not_found`, then `not_allowed_in_state` where there is nothing to cancel. */
  quote(id: string): Promise<CancellationQuoteEntity> {
    return this.changeSubscription.change(id, 'member', async (change) => {
      makeMove('cancel', change.subscription.status, 'member');
      const { quote, facts } = await this.assessCancellation.assess(change);
      const row: CancellationQuoteEntity = {
        id: newId(),
        subscriptionId: id,
        quote,
        facts,
        effectiveAt: change.now,
        expiresAt: plusMs(change.now, LASTS_MS),
      };
      await change.tx.insert(CancellationQuoteEntity, row);
      return row;
    });
  }
}
