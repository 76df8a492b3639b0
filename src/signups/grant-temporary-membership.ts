/**
 * Gives a user days of service without a fee (8.2): no mandate, no renewal, nothing to refund; it runs out by itself. It
 * makes nobody a former member: a trial is still open to them.
 */
import { Injectable } from '@nestjs/common';
import { CompanyStore } from '../companies/company.store.js';
import { plusDays } from '../domain/instant.js';
import type { Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import type { Bind } from '../platform/http/idempotency.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { Admission } from './admission.js';
import { newSubscription } from './new-subscription.js';
import type { TemporaryMembershipBody } from './temporary-membership.dto.js';

@Injectable()
export class GrantTemporaryMembership {
  constructor(
    private readonly clock: Clock,
    private readonly admission: Admission,
    private readonly companies: CompanyStore,
    private readonly markets: MarketStore,
    private readonly subscriptions: SubscriptionStore,
    private readonly changeSubscription: ChangeSubscription,
  ) {}

  /** Returns the subscription's id. Refuses `market_not_open`, `not_eligible`, then `already_subscribed`. */
  async grant(userId: string, body: TemporaryMembershipBody, grantedBy: string, bind: Bind): Promise<string> {
    const { country, days, reason } = body;
    const now = await this.clock.now();
    const { former, agreementVersion } = await this.admission.admitTemporary(userId, country, now);
    const subscription = newSubscription({
      userId,
      country,
      residenceCountry: body.residenceCountry ?? former?.residenceCountry ?? country,
      startWith: 'temporary',
      autoRenewal: false,
      agreementVersion,
      agreementAcceptedAt: null,
      locale: null,
      conversionConsentAt: null,
      previousSubscriptionId: former?.id ?? null,
      createdAt: now,
    });
    return this.changeSubscription.begin(subscription, 'operations', async (change) => {
      await bind(change.tx, subscription.id);
      const { residenceCountry } = subscription;
      change.subscription.contractingEntities = await this.companies.resolve(change.tx, residenceCountry);
      await this.admission.confirm(change.tx, userId, country);
      const { startsAt, endsAt } = await this.startTerm(change, days);
      change.move('begin_temporary');
      const explanation = `${days} days of membership without a fee, to ${endsAt.toISOString()}: ${reason}`;
      change.record('subscription.temporary_started', '8.2', explanation, {
        startsAt,
        endsAt,
        days,
        reason,
        grantedBy,
      });
      return subscription.id;
    });
  }

  private async startTerm(change: Change, days: number): Promise<Term> {
    const { subscription, now, tx } = change;
    const { version } = await this.markets.rulePackAt(tx, subscription.country, now);
    const term: Term = {
      id: newId(),
      subscriptionId: subscription.id,
      number: 1,
      kind: 'temporary',
      startsAt: now,
      endsAt: plusDays(now, days),
      priceMinor: null,
      currency: null,
      chargeId: null,
      rulePackVersion: version,
      contractingEntities: subscription.contractingEntities,
      cancellationPeriodEndsAt: null,
    };
    await this.subscriptions.insertTerm(tx, term);
    change.terms.push(term);
    return term;
  }
}
