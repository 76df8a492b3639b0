/** Answers what a market has published and what of it is in force at an instant. Read only; loading is elsewhere. */
import { Injectable } from '@nestjs/common';
import { Any } from 'typeorm';
import type { Money } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { inForceAt, parseRulePack, type RulePack } from '../domain/rule-pack.js';
import { chooseTrialOffer, type TrialOffer } from '../domain/trial-offer.js';
import type { EntityClass } from '../platform/database/bulk-write.js';
import type { Tx } from '../platform/database/tx.js';
import { MarketEntity, PriceEntity, RulePackEntity, type PublishedBenefit } from './market.entity.js';

export interface Market {
  country: string;
  currency: string;
  status: 'open' | 'closed';
  /** When its memberships end (5.4); null as long as no end is approved. */
  endsAt: Date | null;
}

@Injectable()
export class MarketStore {
  /** By country and version: a published pack never changes. */
  private readonly packs = new Map<string, RulePack>();

  /** The market, or null where membership was never sold. */
  find(tx: Tx, country: string): Promise<Market | null> {
    return tx.together(marketsOf, country);
  }

  /** Stops new memberships and renewals (5.4); refuses `not_found`. */
  async close(tx: Tx, country: string): Promise<void> {
    const market = await tx.findOne(MarketEntity, { country }, { lock: 'wait' });
    if (market === null) throw new Refusal('not_found', `There is no market ${country}.`);
    await tx.set(MarketEntity, { country }, { status: 'closed' });
  }

  /** The end of a closed market is approved: every membership that reaches beyond it ends then (5.4). */
  async endAt(tx: Tx, country: string, endsAt: Date): Promise<void> {
    await tx.set(MarketEntity, { country }, { endsAt });
  }

  /** The price in force at an instant; refuses `market_not_open` where none is (3.1.3). */
  async priceAt(tx: Tx, country: string, at: Date): Promise<Money> {
    const price = inForceAt(await tx.together(pricesOf, country), at);
    if (price === null) throw notOpen(country, 'no price is in force');
    return { amountMinor: price.amountMinor, currency: price.currency };
  }

  /** The rule pack in force at an instant; refuses `market_not_open` where none is. */
  async rulePackAt(tx: Tx, country: string, at: Date): Promise<RulePack> {
    const pack = inForceAt(await tx.together(rulePacksOf, country), at);
    if (pack === null) throw notOpen(country, 'no rules are in force');
    return this.parsed(pack);
  }

  /** The pack a term began under, whatever came later (rules 3.7). */
  async rulePack(tx: Tx, country: string, version: number): Promise<RulePack> {
    const known = this.packs.get(nameOf({ country, version }));
    if (known !== undefined) return known;
    return this.parsed(await tx.require(RulePackEntity, { country, version }));
  }

  /** The trial offer that applies to the user (8.2); without a user, the one for everybody. Null: the pack's days. */
  async trialOfferAt(tx: Tx, country: string, userId: string | null, at: Date): Promise<TrialOffer | null> {
    const offers = await tx.query<TrialOffer>(
      `select id, days, starts_at as "startsAt", ends_at as "endsAt", not for_everybody as named from trial_offers o
       where country = $1 and starts_at <= $3 and ends_at > $3
         and (for_everybody or exists (select 1 from trial_offer_users where offer_id = o.id and user_id = $2))
       order by id`,
      [country, userId, at],
    );
    return chooseTrialOffer(offers, at);
  }

  async benefitsAt(tx: Tx, country: string, at: Date): Promise<PublishedBenefit[]> {
    return inForceAt(await tx.together(rulePacksOf, country), at)?.benefits ?? [];
  }

  /** Each pack is parsed once in this process. */
  private parsed(stored: RulePackEntity): RulePack {
    const pack = this.packs.get(nameOf(stored)) ?? parseRulePack(stored);
    this.packs.set(nameOf(stored), pack);
    return pack;
  }
}

function nameOf({ country, version }: Pick<RulePack, 'country' | 'version'>): string {
  return `${country} ${version}`;
}

async function marketsOf(tx: Tx, countries: readonly string[]): Promise<(Market | null)[]> {
  const markets = await publishedOf(tx, MarketEntity, countries);
  return markets.map(([market]) => market ?? null);
}

function pricesOf(tx: Tx, countries: readonly string[]): Promise<PriceEntity[][]> {
  return publishedOf(tx, PriceEntity, countries);
}

function rulePacksOf(tx: Tx, countries: readonly string[]): Promise<RulePackEntity[][]> {
  return publishedOf(tx, RulePackEntity, countries);
}

/** What each of these countries has of it. */
async function publishedOf<T extends { country: string }>(
  tx: Tx,
  entity: EntityClass<T>,
  countries: readonly string[],
): Promise<T[][]> {
  const all = await tx.find<T>(entity, { country: Any(countries) } as never);
  return countries.map((country) => all.filter((one) => one.country === country));
}

export function notOpen(country: string, why: string): Refusal {
  return new Refusal('market_not_open', `Membership is not sold in ${country}: ${why}.`, '1.5');
}
