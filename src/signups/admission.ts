/**
 * Whether a user may subscribe to a market now (1.3, 1.5, 2.2, 3.1.1, 3.2.1). Refusals in order of precedence:
 * `market_not_open`, `not_eligible`, `agreement_outdated`, `trial_not_available`.
 */
import { Injectable } from '@nestjs/common';
import { AgreementStore } from '../agreements/agreement.store.js';
import { decideTrialAvailability } from '../domain/eligibility.js';
import { Refusal } from '../domain/refusal.js';
import { MarketStore, notOpen } from '../markets/market.store.js';
import { Eligibility } from '../members/eligibility.js';
import { Database } from '../platform/database.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import type { SubscribeBody } from './signup.dto.js';

@Injectable()
export class Admission {
  constructor(
    private readonly database: Database,
    private readonly markets: MarketStore,
    private readonly eligibility: Eligibility,
    private readonly agreements: AgreementStore,
    private readonly subscriptions: SubscriptionStore,
  ) {}

  /** Names the membership this one follows, where the user had one in the market before (3.3.1, 5.1). */
  async admit(body: SubscribeBody, now: Date): Promise<{ formerId: string | null }> {
    const { userId, country, agreementVersion, startWith } = body;
    const tx = this.database.reader;
    const market = await this.markets.find(tx, country);
    if (market?.status !== 'open') throw notOpen(country, market === null ? 'there is no such market' : 'it is closed');
    const decision = await this.eligibility.decide(userId, country);
    if (!decision.eligible) {
      throw new Refusal('not_eligible', `This user cannot join: ${decision.reason}.`, decision.clause);
    }
    await this.agreements.requireInForce(tx, agreementVersion, now);
    const trial = decideTrialAvailability(await this.subscriptions.wasMember(tx, userId));
    if (startWith === 'trial' && !trial.available) {
      throw new Refusal('trial_not_available', 'A trial is for new users; this one was a member before.', '3.2.1');
    }
    return { formerId: (await this.subscriptions.latestEnded(tx, userId, country))?.id ?? null };
  }
}
