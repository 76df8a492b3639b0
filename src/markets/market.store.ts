/** Answers what a market has published and what of it is in force at an instant. Read only; loading is elsewhere. */
import { Injectable } from '@nestjs/common';
import { Any, type EntityManager, type EntityTarget } from 'typeorm';
import type { Money } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { inForceAt, type RulePack } from '../domain/rule-pack.js';
import { chooseTrialOffer, type TrialOffer } from '../domain/trial-offer.js';
import { together } from '../platform/together.js';
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
  find(tx: EntityManager, country: string): Promise<Market | null> {
    return together(tx, marketsOf, country);
  }

  /** Stops new memberships and renewals (5.4); refuses `not_found`. */
  async close(tx: EntityManager, country: string): Promise<void> {
    const market = await tx
      .getRepository(MarketEntity)
      .findOne({ where: { country }, lock: { mode: 'pessimistic_write' } });
    if (market === null) throw new Refusal('not_found', `There is no market ${country}.`);
    await tx.getRepository(MarketEntity).update({ country }, { status: 'closed' });
  }

  /** The end of a closed market is approved: every membership that reaches beyond it ends then (5.4). */
  async endAt(tx: EntityManager, country: string, endsAt: Date): Promise<void> {
    await tx.getRepository(MarketEntity).update({ country }, { endsAt });
  }

  /** The price in force at an instant; refuses `market_not_open` where none is (3.1.3). */
  async priceAt(tx: EntityManager, country: string, at: Date): Promise<Money> {
    const price = inForceAt(await together(tx, pricesOf, country), at);
    if (price === null) throw notOpen(country, 'no price is in force');
    return { amountMinor: price.amountMinor, currency: price.currency };
  }

  /** The rule pack in force at an instant; refuses `market_not_open` where none is. */
  async rulePackAt(tx: EntityManager, country: string, at: Date): Promise<RulePack> {
    const pack = inForceAt(await together(tx, rulePacksOf, country), at);
    if (pack === null) throw notOpen(country, 'no rules are in force');
    return toRulePack(pack);
  }

  /** The pack a term began under, whatever came later (rules 3.7). */
  async rulePack(tx: EntityManager, country: string, version: number): Promise<RulePack> {
    const key = `${country} ${version}`;
    const known = this.packs.get(key);
    if (known !== undefined) return known;
    const pack = toRulePack(await tx.getRepository(RulePackEntity).findOneByOrFail({ country, version }));
    this.packs.set(key, pack);
    return pack;
  }

  /** The trial offer that applies to the user (8.2); without a user, the one for everybody. Null: the pack's days. */
  async trialOfferAt(tx: EntityManager, country: string, userId: string | null, at: Date): Promise<TrialOffer | null> {
    const offers = await tx.query<TrialOffer[]>(
      `select id, days, starts_at as "startsAt", ends_at as "endsAt", not for_everybody as named from trial_offers o
       where country = $1 and starts_at <= $3 and ends_at > $3
         and (for_everybody or exists (select 1 from trial_offer_users where offer_id = o.id and user_id = $2))
       order by id`,
      [country, userId, at],
    );
    return chooseTrialOffer(offers, at);
  }

  async benefitsAt(tx: EntityManager, country: string, at: Date): Promise<PublishedBenefit[]> {
    return inForceAt(await together(tx, rulePacksOf, country), at)?.benefits ?? [];
  }
}

async function marketsOf(tx: EntityManager, countries: readonly string[]): Promise<(Market | null)[]> {
  const markets = await publishedOf(tx, MarketEntity, countries);
  return markets.map(([market]) => market ?? null);
}

function pricesOf(tx: EntityManager, countries: readonly string[]): Promise<PriceEntity[][]> {
  return publishedOf(tx, PriceEntity, countries);
}

function rulePacksOf(tx: EntityManager, countries: readonly string[]): Promise<RulePackEntity[][]> {
  return publishedOf(tx, RulePackEntity, countries);
}

/** What each of these countries has of it. */
async function publishedOf<T extends { country: string }>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  countries: readonly string[],
): Promise<T[][]> {
  const all = await tx.getRepository(entity).findBy({ country: Any(countries) } as never);
  return countries.map((country) => all.filter((one) => one.country === country));
}

export function notOpen(country: string, why: string): Refusal {
  return new Refusal('market_not_open', `Membership is not sold in ${country}: ${why}.`, '1.5');
}

/** The law's view of a stored pack: the values without their sources. */
function toRulePack(row: RulePackEntity): RulePack {
  const values = Object.fromEntries(Object.entries(row.numbers).map(([name, number]) => [name, number.value]));
  return {
    ...values,
    country: row.country,
    version: row.version,
    effectiveFrom: row.effectiveFrom,
  } as unknown as RulePack;
}
