/** Tables of what a market publishes: the market itself, its dated rule packs, prices and trial offers. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('markets')
export class MarketEntity {
  @PrimaryColumn('text')
  country: string;

  @Column('text')
  currency: string;

  @Column('text')
  status: 'open' | 'closed';

  /** When its memberships end (5.4), once that is approved. */
  @Column('timestamptz', { nullable: true })
  endsAt: Date | null;

  /** The token's `sub`; `shipped` when it came with the service. */
  @Column('text')
  publishedBy: string;
}

/** One policy number with where it comes from. */
export interface SourcedNumber {
  value: number | string | { minDays: number; maxDays: number };
  source: string;
}

export interface PublishedBenefit {
  code: string;
  kind: string;
  description: string;
  /** Days from the start of each term (4.2); absent = as long as the term. */
  validDays?: number;
  /** What one use is worth, in minor units of the market's currency; absent = each use says its own. */
  valueMinor?: number;
}

@Entity('rule_packs')
export class RulePackEntity {
  @PrimaryColumn('text')
  country: string;

  @PrimaryColumn('integer')
  version: number;

  @Column('timestamptz')
  effectiveFrom: Date;

  @Column('jsonb')
  numbers: Record<string, SourcedNumber>;

  @Column('jsonb')
  benefits: PublishedBenefit[];

  @Column('timestamptz')
  publishedAt: Date;

  @Column('text')
  publishedBy: string;
}

@Entity('prices')
export class PriceEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  country: string;

  @Column('bigint')
  amountMinor: number;

  @Column('text')
  currency: string;

  @Column('timestamptz')
  publishedAt: Date;

  @Column('timestamptz')
  effectiveFrom: Date;

  @Column('text')
  source: string;

  @Column('text')
  publishedBy: string;
}

@Entity('trial_offers')
export class TrialOfferEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  country: string;

  @Column('integer')
  days: number;

  @Column('timestamptz')
  startsAt: Date;

  @Column('timestamptz')
  endsAt: Date;

  @Column('boolean')
  forEverybody: boolean;

  @Column('timestamptz')
  publishedAt: Date;

  @Column('text')
  publishedBy: string;
}

@Entity('trial_offer_users')
export class TrialOfferUserEntity {
  @PrimaryColumn('uuid')
  offerId: string;

  @PrimaryColumn('text')
  userId: string;
}
