/**
 * Ends a suspension (5.2), or corrects a finding that was mistaken (6.1.2): the lost time is given back by lengthening
 * the term, and an end that followed from the mistake is reopened. Nothing is charged or returned here.
 */
import { Injectable } from '@nestjs/common';
import { makeMove } from '../domain/moves.js';
import { Refusal } from '../domain/refusal.js';
import { followedFrom } from '../domain/sanction.js';
import { Suspension } from '../memberships/suspension.js';
import { violatesUnique } from '../platform/database/database.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { CorrectFinding } from './correct-finding.js';

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
    private readonly suspension: Suspension,
    private readonly subscriptions: SubscriptionStore,
    private readonly correctFinding: CorrectFinding,
  ) {}

  /**
   * Refuses `not_found`, `not_allowed_in_state` (not suspended, ended for another reason, or its term over with nothing
   * mistaken), and `already_subscribed` when the user has meanwhile begun another membership in the market.
   */
  async reinstate(order: Reinstatement): Promise<void> {
    try {
      await this.changeSubscription.change(order.subscriptionId, 'risk', (change) => this.decide(change, order));
    } catch (error) {
      if (!violatesUnique(error, 'one_live_subscription_per_user_and_market')) throw error;
      throw begunAnother();
    }
  }

  private async decide(change: Change, { mistaken, reason, subject }: Reinstatement): Promise<void> {
    const { subscription, tx } = change;
    const reopens = mistaken && followedFrom('finding', subscription);
    if (!reopens) requireFinding(change);
    if (!mistaken) requireRunning(change);
    const { userId, country, status } = subscription;
    if (reopens && (await this.subscriptions.live(userId, country, tx)) !== null) throw begunAnother();
    const days = await this.suspension.lift(change, { givesBack: mistaken, reopens });
    if (status === 'revoked') await this.correctFinding.correct(change, reason, subject);
    const data = { mistaken, reason, days: days ?? 0, reopened: reopens, by: subject };
    if (days === null) {
      change.record('finding.lifted', '6.1.2', `a chargeback alone suspends it now: ${reason}`, data);
      return;
    }
    const given = days === 0 ? '' : `; ${days} days are given back`;
    change.record('subscription.reinstated', '6.1.2', `benefits are on again: ${reason}${given}`, data);
  }
}

function begunAnother(): Refusal {
  const why = 'The user has begun another membership in this market meanwhile.';
  return new Refusal('already_subscribed', why, '3.1.1');
}

function requireFinding({ subscription: { status, suspendedFor } }: Change): void {
  makeMove('reinstate', status, 'risk');
  if (suspendedFor === 'finding') return;
  const why =
    suspendedFor === null
      ? 'The membership is not suspended.'
      : "A chargeback suspends it, no finding: the bank's decision lifts it.";
  throw new Refusal('not_allowed_in_state', why, '6.1.2');
}

/** A term that ended while it was suspended ends the membership uncharged (5.1), however late the worker comes. */
function requireRunning({ subscription, lastTerm, now }: Change): void {
  if (subscription.status === 'past_due' || subscription.chargeProgress !== 'none') return;
  if (lastTerm === null || now < lastTerm.endsAt) return;
  throw new Refusal('not_allowed_in_state', 'The term has ended while the membership was suspended.', '5.1');
}
