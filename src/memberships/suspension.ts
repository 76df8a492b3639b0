/**
 * Suspends a membership and lifts its suspension: benefits off and nothing charged while the term's clock runs on (5.2),
 * and the lost days given back where the member was kept from what they had paid for (6.1.2). Why, is decided by risk or
 * by the member's bank; nothing is charged or returned here.
 */
import { Injectable } from '@nestjs/common';
import { currentTerm, waitingTerm } from '../domain/due.js';
import { plusDays } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { giveBack } from '../domain/sanction.js';
import type { SuspensionCause, Term } from '../domain/subscription.js';
import { Ledger } from '../ledger/ledger.js';
import { ChargeStore } from '../payments/charge.store.js';
import { OpenCharge } from '../payments/open-charge.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { Novation } from './novation.js';

export interface Lifting {
  /** The lost time, rounded up to whole days, is given back. */
  givesBack: boolean;
  /** Also undoes the end that followed from it. */
  reopens: boolean;
}

@Injectable()
export class Suspension {
  constructor(
    private readonly subscriptions: SubscriptionStore,
    private readonly mandates: MandateStore,
    private readonly charges: ChargeStore,
    private readonly openCharge: OpenCharge,
    private readonly ledger: Ledger,
    private readonly novation: Novation,
  ) {}

  /**
   * Refuses `not_allowed_in_state`. A finding of one that a chargeback suspended takes its place. A payment that waits
   * for the member is withdrawn: nothing is charged meanwhile.
   */
  async begin(change: Change, cause: SuspensionCause, reason: string, data: object): Promise<void> {
    change.move('suspend');
    await this.openCharge.withdrawWaiting(change);
    change.subscription.suspendedAt ??= change.now;
    change.subscription.suspendedFor = cause;
    change.record('subscription.suspended', '5.2', `benefits are off: ${reason}`, { reason, cause, ...data });
  }

  /** The member's bank holds a payment back, or has taken the fee of the running term. */
  isHeldByBank({ tx, subscription, terms, now }: Change): Promise<boolean> {
    return this.charges.isHeldByBank(tx, subscription.id, currentTerm(terms, now)?.chargeId ?? null);
  }

  /**
   * Returns the days given back, or null where the bank still holds a payment: then it stays suspended for that, and
   * the days wait for the bank's decision. Refuses `not_allowed_in_state`.
   */
  async lift(change: Change, lifting: Lifting): Promise<number | null> {
    const { endedAt } = change.subscription;
    const days = await this.turnOn(change, lifting);
    // A reopened membership is contracted with the company that took over meanwhile (8.3).
    if (endedAt !== null) await this.novation.catchUp(change, endedAt);
    return days;
  }

  private async turnOn(change: Change, { givesBack, reopens }: Lifting): Promise<number | null> {
    const { subscription, now } = change;
    const lostFrom = subscription.suspendedAt ?? subscription.endedAt ?? now;
    if (reopens) await this.reopen(change);
    else change.move('reinstate');
    const held = await this.isHeldByBank(change);
    subscription.suspendedFor = held ? 'chargeback' : null;
    subscription.suspendedAt = held ? (givesBack ? lostFrom : now) : null;
    if (held) return null;
    const days = givesBack ? await this.giveDaysBack(change, lostFrom) : 0;
    await this.openCharge.retryWithNewerMethod(change);
    return days;
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
    const { terms, now, tx } = change;
    const running = currentTerm(terms, now);
    if (running === null) return 0;
    const { endsAt, days } = giveBack(running.endsAt, lostFrom, now);
    const waiting = waitingTerm(terms, now);
    // The later term gives way first: no two ever overlap.
    if (waiting !== null) await this.subscriptions.moveTerm(tx, Object.assign(waiting, shifted(waiting, days)));
    await this.subscriptions.moveTerm(tx, Object.assign(running, { endsAt }));
    await this.ledger.serviceCorrected(change, waiting === null ? [running] : [running, waiting]);
    return days;
  }
}

function shifted({ startsAt, endsAt, cancellationPeriodEndsAt: periodEndsAt }: Term, days: number): Partial<Term> {
  return {
    startsAt: plusDays(startsAt, days),
    endsAt: plusDays(endsAt, days),
    cancellationPeriodEndsAt: periodEndsAt === null ? null : plusDays(periodEndsAt, days),
  };
}
