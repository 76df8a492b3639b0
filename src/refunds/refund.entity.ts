/** Table of the money that goes back: each refund against exactly one charge. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RefundBasis } from '../domain/cancellation.js';
import type { Refund, RefundStatus } from '../domain/refund.js';

@Entity('refunds')
export class RefundEntity implements Refund {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('uuid')
  chargeId: string;

  @Column('uuid', { nullable: true })
  cancellationId: string | null;

  @Column('uuid', { nullable: true })
  compensationId: string | null;

  @Column('bigint')
  amountMinor: number;

  @Column('text')
  currency: string;

  @Column('text')
  basis: RefundBasis;

  @Column('text')
  clause: string;

  @Column('text')
  status: RefundStatus;

  @Column('jsonb')
  calculation: object;

  @Column('integer')
  attempts: number;

  @Column('bigint')
  paidMinor: number;

  @Column('bigint')
  coveredMinor: number;

  @Column('text')
  gateway: string;

  @Column('timestamptz', { nullable: true })
  retryAt: Date | null;

  /** Machine time until which a poll has handed it to a worker. */
  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;

  @Column('text', { nullable: true })
  gatewayRefundId: string | null;

  @Column('timestamptz', { nullable: true })
  deadlineAt: Date | null;

  @Column('timestamptz', { nullable: true })
  overdueAt: Date | null;

  @Column('timestamptz', { nullable: true })
  bouncedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  paidOtherwiseAt: Date | null;

  @Column('text', { nullable: true })
  paidOtherwiseBy: string | null;

  @Column('text', { nullable: true })
  paidOtherwiseReason: string | null;

  @Column('text', { nullable: true })
  bankReference: string | null;

  @Column('timestamptz')
  createdAt: Date;

  @Column('timestamptz', { nullable: true })
  settledAt: Date | null;
}
