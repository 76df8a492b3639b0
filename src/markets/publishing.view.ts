/** How what a market has published is shown: with when it takes effect, and who published it when. */
import type {
  PriceEntity,
  PublishedBenefit,
  RulePackEntity,
  SourcedNumber,
  TrialOfferEntity,
} from './market.entity.js';
import type { TaxRateEntity } from './tax-rate.entity.js';

export class PriceView {
  id: string;
  country: string;
  /** Minor units. */
  amount: number;
  currency: string;
  effectiveFrom: Date;
  source: string;
  publishedAt: Date;
  publishedBy: string;
}

export class RulePackView {
  country: string;
  version: number;
  effectiveFrom: Date;
  /** Each number by its name, with where it comes from. */
  numbers: Record<string, SourcedNumber>;
  benefits: PublishedBenefit[];
  publishedAt: Date;
  publishedBy: string;
}

export class MarketView {
  country: string;
  currency: string;
  status: string;
  publishedBy: string;
  /** In force now; null before the first takes effect. */
  price: PriceView | null;
  /** In force now; null before the first takes effect. */
  rulePack: RulePackView | null;
  /** All, the latest to take effect first. */
  prices: PriceView[];
  /** All, the latest to take effect first. */
  rulePacks: RulePackView[];
}

export class PublishedTrialOfferView {
  id: string;
  country: string;
  days: number;
  /** Null: for everybody. */
  userIds: string[] | null;
  from: Date;
  until: Date;
  publishedAt: Date;
  publishedBy: string;
}

export class TaxRateView {
  country: string;
  /** 2100 = 21 %; prices are gross. */
  basisPoints: number;
  effectiveFrom: Date;
  source: string;
  publishedAt: Date;
  publishedBy: string;
}

export function viewTaxRate(rate: TaxRateEntity): TaxRateView {
  const { country, basisPoints, effectiveFrom, source, publishedAt, publishedBy } = rate;
  return { country, basisPoints, effectiveFrom, source, publishedAt, publishedBy };
}

export function viewPrice({ amountMinor, ...price }: PriceEntity): PriceView {
  const { id, country, currency, effectiveFrom, source, publishedAt, publishedBy } = price;
  return { id, country, amount: amountMinor, currency, effectiveFrom, source, publishedAt, publishedBy };
}

export function viewRulePack(pack: RulePackEntity): RulePackView {
  const { country, version, effectiveFrom, numbers, benefits, publishedAt, publishedBy } = pack;
  return { country, version, effectiveFrom, numbers, benefits, publishedAt, publishedBy };
}

export function viewTrialOffer(offer: TrialOfferEntity, users: string[]): PublishedTrialOfferView {
  const { id, country, days, startsAt: from, endsAt: until, publishedAt, publishedBy } = offer;
  return { id, country, days, userIds: offer.forEverybody ? null : users, from, until, publishedAt, publishedBy };
}
