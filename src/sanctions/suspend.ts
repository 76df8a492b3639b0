/**
 * Suspends a membership (4.7, 5.2): benefits off and nothing charged until it is reinstated; the term's clock runs on.
 * A charge already sent is not undone; one not yet sent is taken back.
 */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';

@Injectable()
export class Suspend {
  constructor(private readonly changeSubscription: ChangeSubscription) {}

  /** Refuses `not_found`, then `not_allowed_in_state` (also when it is suspended already). */
  async run(id: string, reason: string, subject: string): Promise<void> {
    await this.changeSubscription.run(id, 'risk', (change) => {
      change.move('suspend');
      if (change.subscription.suspendedAt !== null) {
        throw new Refusal('not_allowed_in_state', 'The membership is suspended already.', '5.2');
      }
      change.subscription.suspendedAt = change.now;
      change.record('subscription.suspended', '5.2', `benefits are off: ${reason}`, { reason, by: subject });
      return Promise.resolve();
    });
  }
}
