/** Table of what risk last said about a benefit of a member: frozen or not; the timeline keeps the story. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('benefit_freezes')
export class BenefitFreezeEntity {
  @PrimaryColumn('uuid')
  subscriptionId: string;

  @PrimaryColumn('text')
  benefit: string;

  @Column('boolean')
  frozen: boolean;

  @Column('text')
  reason: string;

  @Column('timestamptz')
  at: Date;
}
