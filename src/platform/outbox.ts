/**
 * Writes down what subscribers must be told, in the transaction of the fact: the event, and one delivery for each
 * configured endpoint. It sends nothing; with no endpoint there is nothing to deliver.
 */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PublishedEvent } from '../domain/published-event.js';
import { Config } from './config.js';
import { newId } from './ids.js';
import { outgoingEndpoints } from './outgoing-endpoint.js';

export interface OutboxEvent {
  /** Also the webhook id, the same at every try and every endpoint. */
  id: string;
  event: PublishedEvent;
  subscriptionId: string | null;
  occurredAt: Date;
  /** What the receiver reads under `data`. */
  data: object;
}

@Injectable()
export class Outbox {
  private readonly endpoints: string[];

  constructor(config: Config) {
    this.endpoints = outgoingEndpoints(config).map(({ name }) => name);
  }

  async append(tx: EntityManager, { id, event, subscriptionId, occurredAt, data }: OutboxEvent): Promise<void> {
    await tx.query(
      `insert into outbox_events (id, event, subscription_id, occurred_at, data) values ($1, $2, $3, $4, $5)`,
      [id, event, subscriptionId, occurredAt, JSON.stringify(data)],
    );
    for (const endpoint of this.endpoints) {
      await tx.query(
        `insert into webhook_deliveries (id, event_id, endpoint, status, next_attempt_at)
         values ($1, $2, $3, 'pending', $4)`,
        [newId(), id, endpoint, occurredAt],
      );
    }
  }
}
