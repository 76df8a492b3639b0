/** Tables of cancellations and of the quotes that promise what one returns. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { CancellationQuote, RefundBasis } from '../domain/cancellation.js';

/** The facts a quote rests on; when one of them changes, the quote is stale. */
export interface QuoteFacts {
  termId: string | null;
  termEndsAt: string | null;
  chargeId: string | null;
  returnedMinor: number;
  benefitUses: number;
  benefitValueUsedMinor: number;
  waitingTermId: string | null;
  /** What else was paid and would go back. */
  unused: { chargeId: string; returnedMinor: number }[];
}

@Entity('cancellation_quotes')
export class CancellationQuoteEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('jsonb')
  quote: CancellationQuote;

  @Column('jsonb')
  facts: QuoteFacts;

  @Column('timestamptz')
  effectiveAt: Date;

  @Column('timestamptz')
  expiresAt: Date;
}

@Entity('cancellations')
export class CancellationEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('uuid', { nullable: true })
  quoteId: string | null;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('text')
  basis: RefundBasis;

  @Column('timestamptz')
  effectiveAt: Date;
}
