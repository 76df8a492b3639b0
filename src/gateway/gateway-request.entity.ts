/** Tables of what the gateway is asked and what it tells: requests, customers, events. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GatewayNotice, Order } from './outcome.js';
import type { GatewayRequest, RequestKindName } from './request-kind.js';

/**
 * intended: written down, the gateway has not heard of it · submitted: sent, no answer yet · unknown: no usable answer,
 * to be asked for · processing: under way at the gateway · waiting_for_member: the bank wants the member · the rest is decided.
 */
export const REQUEST_STATUSES = [
  'intended',
  'submitted',
  'unknown',
  'processing',
  'waiting_for_member',
  'succeeded',
  'failed',
] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/**
 * Of which kind a no is: the bank's (rules 6) · refused: the gateway's · withdrawn: taken back before it was decided ·
 * given_up: no answer can come any more, and another attempt takes its place.
 */
export const REQUEST_FAILURES = ['hard', 'soft', 'authentication', 'refused', 'withdrawn', 'given_up'] as const;
export type RequestFailure = (typeof REQUEST_FAILURES)[number];

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
  gateway: string;

  /** What it asks, frozen when it is first sent; null before. */
  @Column('jsonb', { nullable: true })
  asks: Order | null;

  @Column('text')
  status: RequestStatus;

  /** Of a no; null otherwise. */
  @Column('text', { nullable: true })
  failure: RequestFailure | null;

  /** Of a no, or of a yes that was reversed. */
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

  /** Business time before which it is not sent: the gateway was busy, or let nobody in. */
  @Column('timestamptz', { nullable: true })
  sendAt: Date | null;

  /** An answer that the gateway may keep under the reference, how often it came in a row, and since when. */
  @Column('text', { nullable: true })
  sameAnswer: string | null;

  @Column('integer')
  sameAnswers: number;

  @Column('timestamptz', { nullable: true })
  sameAnswerSince: Date | null;

  /** From when on it is a person's matter, being under way for longer than its state deserves. */
  @Column('timestamptz', { nullable: true })
  caseAt: Date | null;

  /** Machine time of the first sending: the gateway forgets idempotency keys some time after it. */
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
  gateway: string;

  @PrimaryColumn('text')
  userId: string;

  /** Null once the gateway no longer knows it. */
  @Column('text', { nullable: true })
  customerId: string | null;

  /** The how many-th customer of the user it is: each is asked for under a reference of its own. */
  @Column('integer')
  generation: number;
}

/** While a gateway lets nobody in, or does not answer: one row, and one case, for all that it keeps waiting. */
@Entity('gateway_outages')
export class GatewayOutageEntity {
  @PrimaryColumn('text')
  gateway: string;

  @Column('text')
  kind: 'locked_out' | 'unreachable';

  /** Names the outage; the subject of its case. */
  @Column('uuid')
  id: string;

  @Column('timestamptz')
  since: Date;

  /** Nothing is sent before; null where sending goes on. */
  @Column('timestamptz', { nullable: true })
  pausedUntil: Date | null;

  @Column('text')
  detail: string;
}

@Entity('gateway_events')
export class GatewayEventEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text')
  gateway: string;

  @Column('text')
  gatewayEventId: string;

  /** As the gateway calls it, for the record. */
  @Column('text')
  type: string;

  @Column('text')
  about: GatewayNotice['about'];

  @Column('text')
  objectId: string;

  @Column('jsonb')
  payload: Pick<GatewayNotice, 'reference' | 'repeats'>;

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
