/**
 * The jobs of payments that did not come: retry a soft decline, give an overdue one up, abandon a sign-up that was not
 * completed.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EndReason } from '../domain/end-reason.js';
import { RequestStore } from '../gateway/request.store.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionJobs } from '../subscriptions/subscription-jobs.js';
import { OpenCharge } from './open-charge.js';

@Injectable()
export class OverdueProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: SubscriptionJobs,
    private readonly openCharge: OpenCharge,
    private readonly requests: RequestStore,
  ) {}

  onModuleInit(): void {
    this.jobs.registerMove('retry_payment', (change) => this.openCharge.retry(change));
    this.jobs.registerMove('give_up_payment', (change) => this.giveUp(change, 'expire', reasonToGiveUp(change), '5.1'));
    this.jobs.registerMove('abandon', (change) => this.giveUp(change, 'abandon', 'not_completed', '3.1.2'));
  }

  private async giveUp(change: Change, move: 'expire' | 'abandon', reason: EndReason, clause: string): Promise<void> {
    await this.requests.withdrawWaiting(change);
    change.end(move, reason);
    change.record(move === 'abandon' ? 'subscription.abandoned' : 'subscription.expired', clause, `ended: ${reason}`);
  }
}

/** A member who was kept from paying by a suspension ends by it, so that a mistaken one can be corrected (6.1.2). */
function reasonToGiveUp({ subscription: { suspendedAt } }: Change): EndReason {
  return suspendedAt === null ? 'payment_failed' : 'suspended';
}
