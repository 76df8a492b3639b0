/** Whether a user enjoys benefits when shipping to a country now (1.5, 4.1), which ones, until when, and why. */
import { Injectable } from '@nestjs/common';
import { benefitsOn } from '../domain/benefit.js';
import { Database } from '../platform/database/database.js';
import { Clock } from '../platform/time/clock.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { DeriveEntitlement } from './derive-entitlement.js';
import type { EntitlementView } from './entitlement.dto.js';

@Injectable()
export class CheckEntitlement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly deriveEntitlement: DeriveEntitlement,
  ) {}

  async check(userId: string, shipTo: string): Promise<EntitlementView> {
    // Asked at every page of the storefront: requests that come together share their reads.
    const tx = this.database.sharedReader;
    const now = await this.clock.now();
    const subscription = await this.subscriptions.live(userId, shipTo, tx);
    if (subscription === null) return { entitled: false, reason: 'no_membership', clause: '1.3', benefits: [] };
    const facts = await this.deriveEntitlement.derive(
      tx,
      subscription,
      await this.subscriptions.terms(tx, subscription.id),
      now,
    );
    const { entitled, reason, clause, until } = facts.entitlement;
    return {
      entitled,
      reason,
      clause,
      subscriptionId: subscription.id,
      ...(until === null ? {} : { until }),
      benefits: benefitsOn(facts).map((benefit) => benefit.code),
    };
  }
}
