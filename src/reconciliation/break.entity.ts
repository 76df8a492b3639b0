/** Tables of breaks, and of what people decided about them. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BreakKind, BreakStatus, Movement, Resolution } from '../domain/reconciliation.js';

@Entity('breaks')
export class BreakEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  settlementId: string;

  /** Of the file; null for what the file does not hold. */
  @Column('integer', { nullable: true })
  line: number | null;

  @Column('text')
  kind: BreakKind;

  @Column('text')
  movement: Movement;

  @Column('text')
  gatewayReference: string;

  @Column('text', { nullable: true })
  transactionId: string | null;

  @Column('text', { nullable: true })
  reference: string | null;

  @Column('uuid', { nullable: true })
  chargeId: string | null;

  @Column('uuid', { nullable: true })
  refundId: string | null;

  @Column('bigint', { nullable: true })
  oursMinor: number | null;

  @Column('text', { nullable: true })
  oursCurrency: string | null;

  @Column('bigint', { nullable: true })
  theirsMinor: number | null;

  @Column('text', { nullable: true })
  theirsCurrency: string | null;

  @Column('text')
  status: BreakStatus;

  @Column('timestamptz')
  openedAt: Date;

  @Column('timestamptz', { nullable: true })
  closedAt: Date | null;
}

@Entity('break_resolutions')
export class BreakResolutionEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  breakId: string;

  @Column('text')
  resolution: Resolution;

  @Column('text')
  reason: string;

  @Column('text')
  proposedBy: string;

  @Column('timestamptz')
  proposedAt: Date;

  @Column('text', { nullable: true })
  approvedBy: string | null;

  @Column('timestamptz', { nullable: true })
  approvedAt: Date | null;

  /** Another resolution took its place. */
  @Column('timestamptz', { nullable: true })
  withdrawnAt: Date | null;
}
