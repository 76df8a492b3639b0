/**
 * Whether a user may subscribe to a market now (1.3, 1.5, 2.2, 3.1.1, 3.2.1). Refusals in order of precedence:
 * `market_not_open`, `not_eligible`, `agreement_outdated`, `trial_not_available`.
 */
import { Injectable } from '@nestjs/common';
import { AgreementStore } from '../agreements/agreement.store.js';
import { decideTrialAvailability, type EligibilityDecision } from '../domain/eligibility.js';
import { Refusal } from '../domain/refusal.js';
import type { Subscription } from '../domain/subscription.js';
import { MarketStore, notOpen } from '../markets/market.store.js';
import { Eligibility } from '../members/eligibility.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { alreadySubscribed, SubscriptionStore } from '../subscriptions/subscription.store.js';
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
    await this.requireOpenAndEligible(userId, country);
    if ((await this.subscriptions.live(userId, country)) !== null) throw alreadySubscribed(country);
    await this.agreements.requireInForce(tx, agreementVersion, now);
    const trial = decideTrialAvailability(await this.subscriptions.wasMember(tx, userId));
    if (startWith === 'trial' && !trial.available) throw notNew();
    return { formerId: (await this.subscriptions.latestEnded(tx, userId, country))?.id ?? null };
  }

  /** Two trials asked for at once, in two markets, are one too many (3.2.1): the user's sign-ups go one by one. */
  async requireOnlyTrial(tx: Tx, userId: string, subscriptionId: string): Promise<void> {
    await this.subscriptions.lockUser(tx, userId);
    if (await this.subscriptions.hasOtherTrial(tx, userId, subscriptionId)) throw notNew();
  }

  /**
   * Whether a user can be given a temporary membership (8.2): refuses `market_not_open`, then `not_eligible`. It is
   * subject to the agreement in force, which nobody is asked to accept.
   */
  async admitTemporary(
    userId: string,
    country: string,
    now: Date,
  ): Promise<{ former: Subscription | null; agreementVersion: string }> {
    const tx = this.database.reader;
    await this.requireOpenAndEligible(userId, country);
    const agreementVersion = await this.agreements.versionAt(tx, now);
    if (agreementVersion === null) throw notOpen(country, 'no agreement is in force');
    return { former: await this.subscriptions.latestEnded(tx, userId, country), agreementVersion };
  }

  /**
   * Once more in the sign-up's own transaction, after the companies were resolved: a market that is announced to end
   * (5.4) waits for sign-ups that got this far, and tells them too; so does a finding against the user (3.1.1).
   */
  async confirm(tx: Tx, userId: string, country: string): Promise<void> {
    await this.requireOpen(tx, country);
    requireEligible(await this.eligibility.lock(tx, userId));
  }

  private async requireOpenAndEligible(userId: string, country: string): Promise<void> {
    await this.requireOpen(this.database.reader, country);
    requireEligible(await this.eligibility.decide(userId, country));
  }

  private async requireOpen(tx: Tx, country: string): Promise<void> {
    const market = await this.markets.find(tx, country);
    if (market?.status !== 'open') throw notOpen(country, market === null ? 'there is no such market' : 'it is closed');
  }
}

function requireEligible({ eligible, reason, clause }: EligibilityDecision): void {
  if (!eligible) throw new Refusal('not_eligible', `This user cannot join: ${reason}.`, clause);
}

export function notNew(): Refusal {
  return new Refusal('trial_not_available', 'A trial is for new users; this one was a member before.', '3.2.1');
}
