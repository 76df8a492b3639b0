/** Table of what needs a person: an undecided payment, a refund that keeps failing. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('cases')
export class CaseEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  kind: string;

  @Column('uuid', { nullable: true })
  subscriptionId: string | null;

  @Column('uuid')
  subjectId: string;

  @Column('text')
  explanation: string;

  @Column('jsonb')
  data: object;

  @Column('timestamptz')
  openedAt: Date;

  @Column('timestamptz', { nullable: true })
  resolvedAt: Date | null;

  @Column('text', { nullable: true })
  resolvedBy: string | null;

  @Column('text', { nullable: true })
  resolution: string | null;
}
