/**
 * The append-only story of a subscription: what happened, who did it, by which clause, with which numbers. What other
 * programs are told of it goes to the outbox in the same transaction.
 */
import { Injectable } from '@nestjs/common';
import { isPublished } from '../domain/published-event.js';
import type { Actor, Subscription } from '../domain/subscription.js';
import type { TimelineEvent } from '../domain/timeline-event.js';
import { Outbox, type OutboxEvent } from '../notifications/outbox.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { TimelineEntity } from './subscription.entity.js';

export type TimelineLine = TimelineEvent & {
  /** Also the id of the event that other programs are told. */
  id: string;
  at: Date;
  actor: Actor;
  clause: string | null;
  explanation: string;
};

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

  async append(tx: Tx, subscriptionId: string, line: TimelineLine): Promise<void> {
    await tx.insert(TimelineEntity, { subscriptionId, ...line });
  }

  /** Appends what changes recorded and publishes what others are told of it. */
  async publish(tx: Tx, recorded: RecordedLine[]): Promise<void> {
    const lines = recorded.map(({ subscription, line }) => ({ subscriptionId: subscription.id, ...line }));
    await tx.insert(TimelineEntity, lines);
    await this.outbox.append(tx, ...recorded.flatMap(eventOf));
  }

  list(subscriptionId: string, page: PageQuery): Promise<TimelineEntity[]> {
    return this.database.reader.find(
      TimelineEntity,
      { subscriptionId, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }
}

function eventOf({ subscription, line }: RecordedLine): OutboxEvent[] {
  const { id: subscriptionId, userId, country, status } = subscription;
  const { id, event, at: occurredAt, actor, clause, explanation, data: facts } = line;
  if (!isPublished(event)) return [];
  const data = { subscriptionId, userId, country, status, actor, clause, explanation, facts };
  return [{ id, event, subscriptionId, occurredAt, data }];
}
