/**
 * Ends a suspension (5.2), or corrects a finding that was mistaken (6.1.2): the lost time is given back by lengthening
 * the term, and an end that followed from the mistake is reopened. Nothing is charged or returned here.
 */
import { Injectable } from '@nestjs/common';
import { violatesUnique } from '../platform/database.js';
import { Refusal } from '../domain/refusal.js';
import { followedFromFinding, giveBack } from '../domain/sanction.js';
import { Ledger } from '../ledger/ledger.js';
import { RecordStanding } from '../members/record-standing.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

export interface Reinstatement {
  subscriptionId: string;
  mistaken: boolean;
  reason: string;
  subject: string;
}

@Injectable()
export class Reinstate {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly subscriptions: SubscriptionStore,
    private readonly mandates: MandateStore,
    private readonly standing: RecordStanding,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Refuses `not_found`, `not_allowed_in_state` (not suspended, ended for another reason, or its term over with nothing
   * mistaken), and `already_subscribed` when the user has meanwhile begun another membership in the market.
   */
  async run(order: Reinstatement): Promise<void> {
    try {
      await this.changeSubscription.run(order.subscriptionId, 'risk', (change) => this.decide(change, order));
    } catch (error) {
      if (!violatesUnique(error, 'one_live_subscription_per_user_and_market')) throw error;
      throw new Refusal(
        'already_subscribed',
        'The user has begun another membership in this market meanwhile.',
        '3.1.1',
      );
    }
  }

  private async decide(change: Change, { mistaken, reason, subject }: Reinstatement): Promise<void> {
    const { subscription, now } = change;
    const { status, endReason, endedAt } = subscription;
    const lostFrom = subscription.suspendedAt ?? endedAt;
    const reopens = mistaken && followedFromFinding(status, endReason);
    if (!reopens) change.move('reinstate');
    if (lostFrom === null) throw new Refusal('not_allowed_in_state', 'The membership is not suspended.', '6.1.2');
    if (!mistaken) requireRunning(change);
    if (reopens) await this.reopen(change);
    subscription.suspendedAt = null;
    const days = mistaken ? await this.giveDaysBack(change, lostFrom) : 0;
    if (mistaken) {
      const said = { standing: 'good', reason: `mistaken finding corrected: ${reason}` } as const;
      await this.standing.record(change.tx, subscription.userId, said, subject, now);
    }
    const given = days === 0 ? '' : `; ${days} days are given back`;
    change.record('subscription.reinstated', '6.1.2', `benefits are on again: ${reason}${given}`, {
      mistaken,
      reason,
      days,
      reopened: reopens,
      by: subject,
    });
  }

  /** The authorization that ended with it is valid again. */
  private async reopen(change: Change): Promise<void> {
    const { subscription, lastTerm, now, tx } = change;
    if (lastTerm === null || subscription.endedAt === null) {
      throw new Refusal('not_allowed_in_state', 'The membership had not begun; there is nothing to reopen.', '6.1.2');
    }
    await this.mandates.restore(tx, subscription.id, subscription.endedAt);
    change.move(lastTerm.kind === 'trial' ? 'reopen_trial' : 'reopen');
    Object.assign(subscription, { endedAt: null, endReason: null, reopenedAt: now });
  }

  private async giveDaysBack(change: Change, lostFrom: Date): Promise<number> {
    const { lastTerm, now, tx } = change;
    if (lastTerm === null) return 0;
    const { endsAt, days } = giveBack(lastTerm.endsAt, lostFrom, now);
    lastTerm.endsAt = endsAt;
    await this.subscriptions.moveTermEnd(tx, lastTerm.id, endsAt);
    await this.ledger.serviceCorrected(change, lastTerm);
    return days;
  }
}

/** A term that ended while it was suspended ends the membership uncharged (5.1), however late the worker comes. */
function requireRunning({ subscription, lastTerm, now }: Change): void {
  if (subscription.status === 'past_due' || subscription.chargeProgress !== 'none') return;
  if (lastTerm === null || now < lastTerm.endsAt) return;
  throw new Refusal('not_allowed_in_state', 'The term has ended while the membership was suspended.', '5.1');
}
