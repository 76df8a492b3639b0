/** Table of revocations: who proposed one, on what evidence, and who else approved it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RevocationReason } from '../domain/end-reason.js';

@Entity('revocations')
export class RevocationEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('text')
  reason: RevocationReason;

  @Column('text')
  evidence: string;

  @Column('text')
  status: 'proposed' | 'approved';

  @Column('text')
  proposedBy: string;

  @Column('timestamptz')
  proposedAt: Date;

  @Column('text', { nullable: true })
  approvedBy: string | null;

  @Column('timestamptz', { nullable: true })
  approvedAt: Date | null;

  /** The finding was mistaken (6.1.2). */
  @Column('timestamptz', { nullable: true })
  correctedAt: Date | null;
}
