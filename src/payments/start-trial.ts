/**
 * Begins the trial that waited for its payment method: the days in force now, or those of the trial offer the user
 * signed up under (8.2), from now on; nothing is paid (3.2.1).
 */
import { Injectable } from '@nestjs/common';
import { plusDays } from '../domain/instant.js';
import type { Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class StartTrial {
  constructor(
    private readonly markets: MarketStore,
    private readonly subscriptions: SubscriptionStore,
  ) {}

  /** Nothing begins for a user who became a paying member elsewhere while the bank took its time (3.2.1). */
  async start(change: Change): Promise<void> {
    const { subscription, now, tx } = change;
    await this.subscriptions.lockUser(tx, subscription.userId);
    if (await this.subscriptions.wasMember(tx, subscription.userId)) {
      change.end('abandon', 'trial_not_available');
      change.record('subscription.abandoned', '3.2.1', 'ended before it began: the user is no new user any more');
      return;
    }
    const pack = await this.markets.rulePackAt(tx, subscription.country, now);
    // What was offered at sign-up is kept, however long the bank took.
    const { userId, country, createdAt } = subscription;
    const offer = await this.markets.trialOfferAt(tx, country, userId, createdAt);
    const days = offer?.days ?? pack.trialDays;
    const term: Term = {
      id: newId(),
      subscriptionId: subscription.id,
      number: 1,
      kind: 'trial',
      startsAt: now,
      endsAt: plusDays(now, days),
      priceMinor: null,
      currency: null,
      chargeId: null,
      rulePackVersion: pack.version,
      contractingEntities: subscription.contractingEntities,
      cancellationPeriodEndsAt: null,
    };
    await this.subscriptions.insertTerm(tx, term);
    change.terms.push(term);
    change.move('begin_trial');
    change.moveCharge({ name: 'authenticate', secret: null });
    const { startsAt, endsAt } = term;
    change.record(
      'subscription.trial_started',
      offer === null ? '3.2.1' : '8.2',
      `the trial runs ${days} days, to ${endsAt.toISOString()}`,
      {
        startsAt,
        endsAt,
        trialOfferId: offer?.id ?? null,
      },
    );
  }
}
