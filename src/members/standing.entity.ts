/** Tables of what risk recorded about users, and of every eligibility decision made from it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Standing } from '../domain/eligibility.js';

@Entity('standings')
export class StandingEntity {
  @PrimaryColumn('text')
  userId: string;

  @Column('text')
  standing: Standing;

  @Column('text')
  reason: string;

  @Column('text')
  recordedBy: string;

  @Column('timestamptz')
  recordedAt: Date;
}

@Entity('eligibility_decisions')
export class EligibilityDecisionEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  userId: string;

  @Column('text')
  country: string;

  @Column('boolean')
  eligible: boolean;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('text')
  clause: string;

  @Column('jsonb')
  inputs: object;

  @Column('timestamptz')
  decidedAt: Date;
}
