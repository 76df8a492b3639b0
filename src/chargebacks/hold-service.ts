/**
 * What a chargeback does to the membership: it stops benefits and auto-renewal while the bank has the money, and gives the
 * lost days back when it has it no more (6.1.2). What the money does is decided elsewhere.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Chargeback } from '../domain/chargeback.js';
import { waitingTerm } from '../domain/due.js';
import { followedFrom } from '../domain/sanction.js';
import { isLive } from '../domain/subscription.js';
import { Suspension } from '../memberships/suspension.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class HoldService {
  constructor(
    private readonly suspension: Suspension,
    private readonly subscriptions: SubscriptionStore,
    private readonly cases: CaseStore,
  ) {}

  /** Auto-renewal stays off, also after a dispute that is won, until the member switches it on. */
  async stop(change: Change, { id: chargebackId, reason }: Chargeback): Promise<void> {
    const { subscription } = change;
    if (!isLive(subscription.status) || subscription.status === 'pending_payment') return;
    if (subscription.suspendedFor === null) {
      await this.suspension.begin(change, 'chargeback', `a payment is disputed with the bank: ${reason}`, {
        chargebackId,
      });
    }
    if (!subscription.autoRenewal) return;
    subscription.autoRenewal = false;
    const words = 'no charge follows a chargeback unless the member switches it on again';
    change.record('subscription.auto_renewal_changed', '5.2', words, { enabled: false });
  }

  /** A term that was bought early and whose money the bank has taken for good never begins. */
  async dropWaitingTerm(change: Change, { chargeId }: Chargeback): Promise<void> {
    const waiting = waitingTerm(change.terms, change.now);
    if (waiting?.chargeId !== chargeId) return;
    await this.subscriptions.removeTerm(change.tx, waiting.id);
    change.terms.splice(change.terms.indexOf(waiting), 1);
    change.record('next_term.canceled', '5.2', 'the term bought early does not begin: its payment was charged back');
  }

  /** Benefits are on again, with the lost days, where no payment is held any more and no finding suspends it. */
  async resume(change: Change, chargeback: Chargeback): Promise<void> {
    const { subscription } = change;
    if (chargeback.status === 'won' && endedByWord(change, chargeback)) return this.openCase(change, chargeback);
    const reopens = followedFrom('chargeback', subscription);
    const suspended = subscription.suspendedFor === 'chargeback' && (reopens || isLive(subscription.status));
    if (!suspended || (await this.suspension.isHeldByBank(change))) return;
    if (reopens && (await this.hasBegunAnother(change))) return this.openCase(change, chargeback);
    const days = await this.suspension.lift(change, { givesBack: true, reopens });
    const words = `benefits are on again: the dispute is ${chargeback.status}; ${days} days are given back`;
    change.record('subscription.reinstated', '6.1.2', words, { chargebackId: chargeback.id, days, reopened: reopens });
  }

  private async hasBegunAnother({ tx, subscription: { userId, country } }: Change): Promise<boolean> {
    return (await this.subscriptions.live(userId, country, tx)) !== null;
  }

  /** The bank held back what a cancellation would have returned, or what days would have been given back for. */
  private openCase({ tx, now, subscription }: Change, chargeback: Chargeback): Promise<void> {
    const { id: subjectId, gatewayDisputeId, chargeId, amountMinor, currency, status: decided } = chargeback;
    const { id: subscriptionId, status, endedAt } = subscription;
    return this.cases.open(tx, {
      kind: 'chargeback_won_after_end',
      subscriptionId,
      subjectId,
      explanation: `the dispute is ${decided}, but the membership is ${status} since ${endedAt?.toISOString()}: what the bank held back was not returned, and no days can be given back`,
      data: { gatewayDisputeId, chargeId, amountMinor, currency, status, endedAt },
      openedAt: now,
    });
  }
}

/**
 * Ended by the member or with its market while the bank had the money, and so suspended: the quote counted it as returned.
 */
function endedByWord(
  { subscription: { status, endedAt, suspendedAt } }: Change,
  { openedAt }: Pick<Chargeback, 'openedAt'>,
): boolean {
  const byWord = status === 'canceled' || status === 'discontinued';
  return byWord && suspendedAt !== null && endedAt !== null && endedAt >= openedAt;
}
