/** Reads, claims and marks deliveries; it never calls an endpoint. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { nextDeliveryAt } from '../domain/delivery.js';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { Metrics } from '../platform/http/metrics.js';
import { afterCursor, limitOf } from '../platform/http/page.js';
import { CLAIM_SECONDS } from '../platform/jobs/job.js';
import { Clock } from '../platform/time/clock.js';
import type { DeliveriesQuery } from './delivery.dto.js';
import { DeliveryEntity } from './delivery.entity.js';

/** SQL over a delivery: it still has to be told. */
export const DELIVERABLE = `status = 'pending'`;
/** SQL over a delivery: when it is tried next; what was never tried is told at once, whatever the business time. */
export const DELIVERABLE_AT = `case when attempts = 0 then '-infinity' else next_attempt_at end`;

const UNDELIVERED = `
  select status as name, count(*)::int as count from deliveries where status <> 'delivered' group by status`;

@Injectable()
export class DeliveryStore implements OnModuleInit {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.register({
      name: 'vip_deliveries',
      help: 'events that are not delivered',
      label: 'status',
      count: () => this.database.reader.query(UNDELIVERED),
    });
  }

  list(query: DeliveriesQuery): Promise<DeliveryEntity[]> {
    const { status, eventId } = query;
    return this.database.reader.find(
      DeliveryEntity,
      {
        ...(status === undefined ? {} : { status }),
        ...(eventId === undefined ? {} : { eventId }),
        ...afterCursor(query),
      },
      { with: ['event'], order: { id: 'desc' }, take: limitOf(query) + 1 },
    );
  }

  /** The delivery with its event, kept for this try; null when it is not due any more. */
  async take(id: string): Promise<DeliveryEntity | null> {
    return this.database.transaction(async (tx) => {
      const taken = await tx.execute(
        `update deliveries set claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
         where id = $2 and ${DELIVERABLE} and ${DELIVERABLE_AT} <= $1`,
        [await this.clock.now(tx), id],
      );
      return taken === 0 ? null : this.find(tx, id);
    });
  }

  /** The endpoint took it. A try that was overtaken by another, or by a replay, is the same news again. */
  async delivered({ id, eventId, endpoint }: DeliveryEntity, answer: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const now = await this.clock.now(tx);
      await tx.query(
        `update deliveries set status = 'delivered', attempts = attempts + 1, delivered_at = $2, answer = $3,
           next_attempt_at = null, last_error = null, claimed_until = null where id = $1 and status <> 'delivered'`,
        [id, now, answer],
      );
      // What goes by mail is told by mail: a program that took the webhook as well has told the member nothing.
      await tx.query(
        `update outbox_events set acknowledged_at = $2 where id = $1 and acknowledged_at is null
           and ($3 = 'mail' or not exists (select 1 from deliveries where event_id = $1 and endpoint = 'mail'))`,
        [eventId, now, endpoint],
      );
    });
  }

  /** Tried again on schedule, then a dead letter; at once where it is refused for good. Only while nobody moved it on. */
  async failed({ id, attempts }: DeliveryEntity, error: string, forGood: boolean): Promise<void> {
    const nextAttemptAt = forGood ? null : nextDeliveryAt(attempts + 1, await this.clock.now());
    await this.database.reader.query(
      `update deliveries set status = $3, attempts = $2 + 1, next_attempt_at = $4, last_error = $5,
         claimed_until = null where id = $1 and status = 'pending' and attempts = $2`,
      [id, attempts, nextAttemptAt === null ? 'dead' : 'pending', nextAttemptAt, error],
    );
  }

  /** Refuses `not_found`, then `not_allowed_in_state` while it is still being tried. */
  async replay(id: string): Promise<DeliveryEntity> {
    return this.database.transaction(async (tx) => {
      const changed = await tx.execute(
        `update deliveries set status = 'pending', attempts = 0, next_attempt_at = $2,
           last_error = null, claimed_until = null where id = $1 and status <> 'pending'`,
        [id, await this.clock.now(tx)],
      );
      const found = await this.find(tx, id);
      if (found === null) throw new Refusal('not_found', `There is no delivery ${id}.`);
      if (changed === 0) throw new Refusal('not_allowed_in_state', 'It is still being delivered.');
      return found;
    });
  }

  private find(tx: Tx, id: string): Promise<DeliveryEntity | null> {
    return tx.findOne(DeliveryEntity, { id }, { with: ['event'] });
  }
}
