/**
 * Writes down what subscribers must be told, in the transaction of the fact: the event, and one delivery for each
 * configured endpoint it goes to. It sends nothing; with no endpoint there is nothing to deliver.
 */
import { Injectable } from '@nestjs/common';
import type { PublishedEvent } from '../domain/published-event.js';
import { Config } from '../platform/config.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
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

  /** All of them in two statements, however many. */
  async append(tx: Tx, ...events: OutboxEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.query(
      `insert into outbox_events (id, event, subscription_id, occurred_at, data)
       select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::jsonb[])`,
      [
        events.map(({ id }) => id),
        events.map(({ event }) => event),
        events.map(({ subscriptionId }) => subscriptionId),
        events.map(({ occurredAt }) => occurredAt),
        events.map(({ data }) => JSON.stringify(data)),
      ],
    );
    const deliveries = events.flatMap(({ id, event, occurredAt }) =>
      endpointsOf(this.config, event).map((endpoint) => ({ id, endpoint, occurredAt })),
    );
    if (deliveries.length === 0) return;
    await tx.query(
      `insert into deliveries (id, event_id, endpoint, status, next_attempt_at)
       select id, event_id, endpoint, 'pending', next_attempt_at
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as d (id, event_id, endpoint, next_attempt_at)`,
      [
        deliveries.map(() => newId()),
        deliveries.map(({ id }) => id),
        deliveries.map(({ endpoint }) => endpoint),
        deliveries.map(({ occurredAt }) => occurredAt),
      ],
    );
  }
}
