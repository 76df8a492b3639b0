/** Whether a user enjoys benefits when shipping to a country now (1.5, 4.1), which ones, until when, and why. */
import { Injectable } from '@nestjs/common';
import { decideEntitlement } from '../domain/entitlement.js';
import { MarketStore } from '../markets/market.store.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import type { EntitlementView } from './entitlement.dto.js';

@Injectable()
export class CheckEntitlement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly markets: MarketStore,
  ) {}

  async run(userId: string, shipTo: string): Promise<EntitlementView> {
    const tx = this.database.reader;
    const now = await this.clock.now();
    const subscription = await this.subscriptions.live(userId, shipTo);
    if (subscription === null) return { entitled: false, reason: 'no_membership', clause: '1.3', benefits: [] };
    const lastTerm = (await this.subscriptions.terms(tx, subscription.id)).at(-1) ?? null;
    const pack =
      lastTerm === null
        ? await this.markets.rulePackAt(tx, shipTo, now)
        : await this.markets.rulePack(tx, shipTo, lastTerm.rulePackVersion);
    const { entitled, reason, clause, until } = decideEntitlement(subscription, lastTerm, pack, now);
    const benefits = entitled ? await this.markets.benefitsAt(tx, shipTo, now) : [];
    return {
      entitled,
      reason,
      clause,
      subscriptionId: subscription.id,
      ...(until === null ? {} : { until }),
      benefits: benefits.map((benefit) => benefit.code),
    };
  }
}
