/**
 * Writes down what subscribers must be told, in the transaction of the fact: the event, and one delivery for each
 * configured endpoint it goes to. It sends nothing; with no endpoint there is nothing to deliver.
 */
import { Injectable } from '@nestjs/common';
import type { PublishedEvent } from '../domain/published-event.js';
import { Config } from '../platform/config.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { DeliveryEntity, OutboxEventEntity } from './delivery.entity.js';
import { endpointsOf } from './outgoing-endpoint.js';

export interface OutboxEvent {
  /** Also the webhook id and the name of the mail, the same at every try and every endpoint. */
  id: string;
  event: PublishedEvent;
  subscriptionId: string | null;
  occurredAt: Date;
  /** What the receiver reads under `data`. */
  data: object;
}

@Injectable()
export class Outbox {
  constructor(private readonly config: Config) {}

  async append(tx: Tx, ...events: OutboxEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.insert(OutboxEventEntity, events);
    const deliveries = events.flatMap(({ id: eventId, event, occurredAt: nextAttemptAt }) =>
      endpointsOf(this.config, event).map((endpoint) => ({ eventId, endpoint, nextAttemptAt })),
    );
    await tx.insert(
      DeliveryEntity,
      deliveries.map((delivery) => ({ id: newId(), ...delivery, status: 'pending' as const })),
    );
  }
}
