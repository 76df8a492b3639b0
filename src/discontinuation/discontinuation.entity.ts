/** Tables of a market's end: the plan, and who approved it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

export type DiscontinuationStatus = 'announced' | 'approved' | 'running' | 'done';

@Entity('discontinuations')
export class DiscontinuationEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  country: string;

  @Column('text')
  reason: string;

  @Column('timestamptz')
  effectiveAt: Date;

  @Column('text')
  announcedBy: string;

  @Column('timestamptz')
  announcedAt: Date;

  @Column('text')
  status: DiscontinuationStatus;

  /** How far the members were told; in the order of their ids. */
  @Column('uuid', { nullable: true })
  toldThroughTo: string | null;

  /** When the last of them was told; null before. */
  @Column('timestamptz', { nullable: true })
  toldAt: Date | null;

  /** Memberships that were live when it began; null before. */
  @Column('integer', { nullable: true })
  total: number | null;

  @Column('timestamptz', { nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  doneAt: Date | null;
}

@Entity('discontinuation_approvals')
export class DiscontinuationApprovalEntity {
  @PrimaryColumn('uuid')
  discontinuationId: string;

  @PrimaryColumn('text')
  approvedBy: string;

  @Column('timestamptz')
  approvedAt: Date;
}
