/** Table of the value-added services a market offers, each with its dated prices (3.1.3). */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('add_on_offers')
export class AddOnOfferEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  country: string;

  @Column('text')
  code: string;

  @Column('text')
  description: string;

  @Column('bigint')
  priceMinor: number;

  @Column('text')
  currency: string;

  @Column('timestamptz')
  effectiveFrom: Date;

  @Column('text')
  source: string;
}
