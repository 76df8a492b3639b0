/** Tables of what a market publishes: the market itself, its dated rule packs and its dated prices. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('markets')
export class MarketEntity {
  @PrimaryColumn('text')
  country: string;

  @Column('text')
  currency: string;

  @Column('text')
  status: 'open' | 'closed';
}

/** One policy number with where it comes from. */
export interface SourcedNumber {
  value: number | string;
  source: string;
}

export interface PublishedBenefit {
  code: string;
  kind: string;
  description: string;
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
}
