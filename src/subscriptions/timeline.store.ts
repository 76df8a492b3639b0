/**
 * The append-only story of a subscription: what happened, who did it, by which clause, with which numbers. What other
 * programs are told of it goes to the outbox in the same transaction.
 */
import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { isPublished } from '../domain/published-event.js';
import type { Actor, Subscription } from '../domain/subscription.js';
import { Database } from '../platform/database.js';
import { Outbox } from '../platform/outbox.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { TimelineEntity } from './subscription.entity.js';

export interface TimelineLine {
  /** Also the id of the event that other programs are told. */
  id: string;
  at: Date;
  actor: Actor;
  event: string;
  clause: string | null;
  explanation: string;
  data: object;
}

@Injectable()
export class TimelineStore {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async append(tx: EntityManager, subscriptionId: string, line: TimelineLine): Promise<void> {
    await tx.getRepository(TimelineEntity).insert({ subscriptionId, ...line });
  }

  /** Appends what a change recorded and publishes what others are told of it. */
  async publish(tx: EntityManager, subscription: Subscription, lines: TimelineLine[]): Promise<void> {
    const { id: subscriptionId, userId, country, status } = subscription;
    for (const line of lines) {
      await this.append(tx, subscriptionId, line);
      const { id, event, at: occurredAt, actor, clause, explanation, data: facts } = line;
      if (!isPublished(event)) continue;
      const data = { subscriptionId, userId, country, status, actor, clause, explanation, facts };
      await this.outbox.append(tx, { id, event, subscriptionId, occurredAt, data });
    }
  }

  list(subscriptionId: string, page: PageQuery): Promise<TimelineEntity[]> {
    return this.database.reader.getRepository(TimelineEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }
}
