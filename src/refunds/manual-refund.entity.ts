/** Table of refunds paid by hand: who proposed to pay one another way, and who else approved it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('manual_refunds')
export class ManualRefundEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  refundId: string;

  @Column('text')
  reason: string;

  /** The bank's name for the payment. */
  @Column('text')
  bankReference: string;

  /** withdrawn: it was paid or tried again meanwhile. */
  @Column('text')
  status: 'proposed' | 'approved' | 'withdrawn';

  @Column('text')
  proposedBy: string;

  @Column('timestamptz')
  proposedAt: Date;

  @Column('text', { nullable: true })
  approvedBy: string | null;

  @Column('timestamptz', { nullable: true })
  approvedAt: Date | null;
}
