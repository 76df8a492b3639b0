/** Tables of what the gateway is asked and what it tells: requests, customers, events. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GatewayRequest, RequestKindName } from './request-kind.js';

/**
 * intended: written down, the gateway has not heard of it · submitted: sent, no answer yet · unknown: no usable answer,
 * to be asked for · waiting_for_member: the bank wants the member · the rest is decided.
 */
export type RequestStatus = 'intended' | 'submitted' | 'unknown' | 'waiting_for_member' | 'succeeded' | 'failed';

@Entity('gateway_requests')
export class GatewayRequestEntity implements GatewayRequest {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  kind: RequestKindName;

  /** The charge, mandate or refund it is for. */
  @Column('uuid')
  subjectId: string;

  @Column('uuid')
  subscriptionId: string;

  /** Its name at the gateway and its idempotency key there. */
  @Column('text')
  reference: string;

  @Column('integer')
  attempt: number;

  @Column('text')
  status: RequestStatus;

  @Column('text', { nullable: true })
  code: string | null;

  @Column('text', { nullable: true })
  gatewayId: string | null;

  @Column('text', { nullable: true })
  clientSecret: string | null;

  /** Asked back before it was decided: the gateway is told to cancel it. */
  @Column('boolean')
  withdrawn: boolean;

  /** Machine time until which one worker has it. */
  @Column('timestamptz', { nullable: true })
  leaseUntil: Date | null;

  /** Machine time until which a poll has handed it to a worker. */
  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;

  /** Machine time of the first sending: the gateway forgets idempotency keys after a day. */
  @Column('timestamptz', { nullable: true })
  firstSubmittedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  nextQueryAt: Date | null;

  @Column('integer')
  queries: number;

  @Column('timestamptz')
  intendedAt: Date;

  @Column('timestamptz', { nullable: true })
  decidedAt: Date | null;
}

@Entity('gateway_customers')
export class GatewayCustomerEntity {
  @PrimaryColumn('text')
  userId: string;

  @Column('text')
  customerId: string;
}

@Entity('gateway_events')
export class GatewayEventEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text')
  type: string;

  @Column('text')
  objectId: string;

  @Column('jsonb')
  payload: object;

  @Column('timestamptz')
  receivedAt: Date;

  @Column('timestamptz', { nullable: true })
  appliedAt: Date | null;

  /** How often the gateway could not be asked about it. */
  @Column('integer')
  attempts: number;

  @Column('timestamptz', { nullable: true })
  nextAttemptAt: Date | null;

  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;
}
