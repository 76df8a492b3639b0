/**
 * Suspends a membership (4.7, 5.2): benefits off and nothing charged until it is reinstated; the term's clock runs on.
 * A charge already sent is not undone; one not yet sent is withdrawn.
 */
import { Injectable } from '@nestjs/common';
import { makeMove } from '../domain/moves.js';
import { Refusal } from '../domain/refusal.js';
import { Suspension } from '../memberships/suspension.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';

@Injectable()
export class Suspend {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly suspension: Suspension,
  ) {}

  /** Refuses `not_found`, then `not_allowed_in_state` (also when risk has suspended it already). */
  async suspend(id: string, reason: string, subject: string): Promise<void> {
    await this.changeSubscription.change(id, 'risk', async (change) => {
      makeMove('suspend', change.subscription.status, 'risk');
      if (change.subscription.suspendedFor === 'finding') {
        throw new Refusal('not_allowed_in_state', 'The membership is suspended already.', '5.2');
      }
      await this.suspension.begin(change, 'finding', reason, { by: subject });
    });
  }
}
