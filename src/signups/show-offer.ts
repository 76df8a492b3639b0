/** What the offer page shows a user before they subscribe: fee, days, benefits, agreement, and whether they may (3.1). */
import { Injectable } from '@nestjs/common';
import { AgreementStore } from '../agreements/agreement.store.js';
import { decideTrialAvailability } from '../domain/eligibility.js';
import { MarketStore, notOpen } from '../markets/market.store.js';
import { Eligibility } from '../members/eligibility.js';
import { Database } from '../platform/database/database.js';
import { Clock } from '../platform/time/clock.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import type { OfferView } from './signup.dto.js';

@Injectable()
export class ShowOffer {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly markets: MarketStore,
    private readonly agreements: AgreementStore,
    private readonly eligibility: Eligibility,
    private readonly subscriptions: SubscriptionStore,
  ) {}

  /** Refuses `market_not_open` where membership was never sold. */
  async show(country: string, userId: string | null): Promise<OfferView> {
    const tx = this.database.reader;
    const now = await this.clock.now();
    const market = await this.markets.find(tx, country);
    if (market === null) throw notOpen(country, 'there is no such market');
    const pack = await this.markets.rulePackAt(tx, country, now);
    const price = await this.markets.priceAt(tx, country, now);
    const trial = decideTrialAvailability(userId !== null && (await this.subscriptions.wasMember(tx, userId)));
    const offer = await this.markets.trialOfferAt(tx, country, userId, now);
    const decision = userId === null ? null : await this.eligibility.of(tx, userId);
    return {
      country,
      status: market.status,
      price: { amount: price.amountMinor, currency: price.currency },
      termDays: pack.paidTermDays,
      trial: {
        available: trial.available,
        days: offer?.days ?? pack.trialDays,
        ...(trial.reason === null ? {} : { reason: trial.reason }),
      },
      cancellationPeriodDays: pack.cancellationPeriodDays,
      benefits: await this.markets.benefitsAt(tx, country, now),
      agreementVersion: await this.agreements.versionAt(tx, now),
      eligible: decision?.eligible ?? false,
      ...(decision?.reason === null ? {} : { reason: decision?.reason ?? 'user_not_named' }),
    };
  }
}
