/** Table of the benefits members used: each use once, with its order and its value; never changed. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('benefit_uses')
export class BenefitUseEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  /** The term that served the member; in grace the one that had run out. */
  @Column('integer')
  termNumber: number;

  @Column('text')
  benefit: string;

  @Column('text')
  orderId: string;

  @Column('bigint')
  valueMinor: number;

  @Column('text')
  currency: string;

  /** Of a value-added service the member paid for: it costs nothing of the fee. */
  @Column('boolean')
  ofAddOn: boolean;

  @Column('timestamptz')
  usedAt: Date;
}
