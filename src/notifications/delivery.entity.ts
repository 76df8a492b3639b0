/** Tables of what others are told: the event as the outbox wrote it, and its way to each endpoint. */
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { PublishedEvent } from '../domain/published-event.js';
import type { EndpointName } from './outgoing-endpoint.js';

@Entity('outbox_events')
export class OutboxEventEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  event: PublishedEvent;

  @Column('uuid', { nullable: true })
  subscriptionId: string | null;

  @Column('timestamptz')
  occurredAt: Date;

  @Column('jsonb')
  data: object;

  /** When it was first taken by the endpoint that tells it: mail where it goes by mail, else the webhook. Proof. */
  @Column('timestamptz', { nullable: true })
  acknowledgedAt: Date | null;
}

@Entity('deliveries')
export class DeliveryEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  eventId: string;

  @ManyToOne(() => OutboxEventEntity)
  @JoinColumn({ name: 'event_id' })
  event: OutboxEventEntity;

  @Column('text')
  endpoint: EndpointName;

  @Column('text')
  status: 'pending' | 'delivered' | 'dead';

  /** Failed or taken tries since it was written or replayed. */
  @Column('integer')
  attempts: number;

  @Column('timestamptz', { nullable: true })
  nextAttemptAt: Date | null;

  @Column('text', { nullable: true })
  lastError: string | null;

  /** When the endpoint last took it; a replay does not forget it. */
  @Column('timestamptz', { nullable: true })
  deliveredAt: Date | null;

  /** What it answered then: an HTTP status, or the relay's 250 with its queue id. */
  @Column('text', { nullable: true })
  answer: string | null;
}
