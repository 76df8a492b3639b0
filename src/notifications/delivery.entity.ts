/** Tables of what subscribers are told: the event as the outbox wrote it, and its way to each endpoint. */
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

@Entity('outbox_events')
export class OutboxEventEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  event: string;

  @Column('uuid', { nullable: true })
  subscriptionId: string | null;

  @Column('timestamptz')
  occurredAt: Date;

  @Column('jsonb')
  data: object;

  /** When the first endpoint took it; proof that it was told. */
  @Column('timestamptz', { nullable: true })
  acknowledgedAt: Date | null;
}

@Entity('webhook_deliveries')
export class WebhookDeliveryEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  eventId: string;

  @ManyToOne(() => OutboxEventEntity)
  @JoinColumn({ name: 'event_id' })
  event: OutboxEventEntity;

  @Column('text')
  endpoint: string;

  @Column('text')
  status: 'pending' | 'delivered' | 'dead';

  /** Failed or taken tries since it was written or replayed. */
  @Column('integer')
  attempts: number;

  @Column('timestamptz', { nullable: true })
  nextAttemptAt: Date | null;

  @Column('text', { nullable: true })
  lastError: string | null;

  @Column('timestamptz', { nullable: true })
  deliveredAt: Date | null;
}
