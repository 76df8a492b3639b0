/** Table of what two people decide of a request that the gateway does not decide: whether its money moved. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

export const DECIDED_OUTCOMES = ['moved', 'not_moved'] as const;
export type DecidedOutcome = (typeof DECIDED_OUTCOMES)[number];

@Entity('request_decisions')
export class RequestDecisionEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  requestId: string;

  @Column('text')
  outcome: DecidedOutcome;

  /** Under which it moved, at the gateway; null where it did not. */
  @Column('text', { nullable: true })
  gatewayId: string | null;

  @Column('text')
  reason: string;

  /** withdrawn: the gateway has decided it, or another proposal took its place. */
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
