/** The append-only story of a subscription: what happened, who did it, by which clause, with which numbers. */
import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import type { Actor } from '../domain/subscription.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { TimelineEntity } from './subscription.entity.js';

export interface TimelineLine {
  at: Date;
  actor: Actor;
  event: string;
  clause: string | null;
  explanation: string;
  data: object;
}

@Injectable()
export class TimelineStore {
  constructor(private readonly database: Database) {}

  async append(tx: EntityManager, subscriptionId: string, line: TimelineLine): Promise<void> {
    await tx.getRepository(TimelineEntity).insert({ id: newId(), subscriptionId, ...line });
  }

  list(subscriptionId: string, page: PageQuery): Promise<TimelineEntity[]> {
    return this.database.reader.getRepository(TimelineEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }
}
