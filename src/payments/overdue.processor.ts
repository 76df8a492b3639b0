/**
 * The duties of payments that did not come: retry a soft decline, give an overdue one up, abandon a sign-up that was
 * not completed. Each is decided again under the lock.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { DueMove, EndReason } from '../domain/subscription.js';
import type { MoveName } from '../domain/moves.js';
import { DutyRunner } from '../platform/duty-runner.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { OpenCharge } from './open-charge.js';
import { RequestStore } from './request.store.js';

@Injectable()
export class OverdueProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly subscriptions: SubscriptionStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly openCharge: OpenCharge,
    private readonly requests: RequestStore,
  ) {}

  onModuleInit(): void {
    this.register('retry_payment', (change) => this.openCharge.retry(change));
    this.register('give_up_payment', (change) => this.giveUp(change, 'expire', reasonToGiveUp(change), '5.1'));
    this.register('abandon', (change) => this.giveUp(change, 'abandon', 'not_completed', '3.1.2'));
  }

  private register(move: DueMove, act: (change: Change) => Promise<void>): void {
    this.runner.register({
      name: move,
      claim: (max) => this.subscriptions.claimDue(move, max),
      perform: (id) =>
        this.changeSubscription.run(id, 'scheduler', async (change) => {
          const { dueMove, dueAt } = change.subscription;
          if (dueMove === move && dueAt !== null && dueAt <= change.now) await act(change);
        }),
    });
  }

  private async giveUp(change: Change, move: MoveName, reason: EndReason, clause: string): Promise<void> {
    await this.requests.withdrawWaiting(change);
    change.end(move, reason);
    change.record(`subscription.${change.subscription.status}`, clause, `ended: ${reason}`);
  }
}

/** Who was kept from paying by a suspension ends by it, so that a mistaken one can be corrected (6.1.2). */
function reasonToGiveUp({ subscription: { suspendedAt } }: Change): EndReason {
  return suspendedAt === null ? 'payment_failed' : 'suspended';
}
