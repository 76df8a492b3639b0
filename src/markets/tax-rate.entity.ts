/** Table of the dated tax rates of each market; prices are gross (rules 12). */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('tax_rates')
export class TaxRateEntity {
  @PrimaryColumn('text')
  country: string;

  @PrimaryColumn('timestamptz')
  effectiveFrom: Date;

  /** 2100 = 21 %. */
  @Column('integer')
  basisPoints: number;

  @Column('text')
  source: string;

  @Column('timestamptz')
  publishedAt: Date;

  @Column('text')
  publishedBy: string;
}
