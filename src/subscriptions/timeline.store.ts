/**
 * The append-only story of a subscription: what happened, who did it, by which clause, with which numbers. What other
 * programs are told of it goes to the outbox in the same transaction.
 */
import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { isPublished } from '../domain/published-event.js';
import type { Actor, Subscription } from '../domain/subscription.js';
import { Database } from '../platform/database.js';
import { Outbox, type OutboxEvent } from '../platform/outbox.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { insertRows } from '../platform/rows.js';
import { together } from '../platform/together.js';
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

/** A line with what others are told of its subscription. */
export interface RecordedLine {
  subscription: Pick<Subscription, 'id' | 'userId' | 'country' | 'status'>;
  line: TimelineLine;
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

  /** Appends what changes recorded and publishes what others are told of it. */
  async publish(tx: EntityManager, recorded: RecordedLine[]): Promise<void> {
    if (recorded.length > 0) await together(tx, this.publishAll, recorded);
  }

  private readonly publishAll = async (tx: EntityManager, changes: readonly RecordedLine[][]): Promise<void> => {
    const recorded = changes.flat();
    const lines = recorded.map(({ subscription, line }) => ({ subscriptionId: subscription.id, ...line }));
    await insertRows(tx, TimelineEntity, lines);
    await this.outbox.append(tx, ...recorded.flatMap(eventOf));
  };

  list(subscriptionId: string, page: PageQuery): Promise<TimelineEntity[]> {
    return this.database.reader.getRepository(TimelineEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }
}

function eventOf({ subscription, line }: RecordedLine): OutboxEvent[] {
  const { id: subscriptionId, userId, country, status } = subscription;
  const { id, event, at: occurredAt, actor, clause, explanation, data: facts } = line;
  if (!isPublished(event)) return [];
  const data = { subscriptionId, userId, country, status, actor, clause, explanation, facts };
  return [{ id, event, subscriptionId, occurredAt, data }];
}
