/** Reads, claims and marks deliveries; it never calls an endpoint. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { nextDeliveryAt } from '../domain/delivery.js';
import { Refusal } from '../domain/refusal.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { CLAIM_SECONDS } from '../platform/duty.js';
import { afterCursor, limitOf } from '../platform/page.js';
import type { EndpointName } from '../platform/outgoing-endpoint.js';
import type { DeliveriesQuery } from './delivery.dto.js';
import { DeliveryEntity } from './delivery.entity.js';

/** Tries that run at one time, over all workers: what one answers slowly neither piles up here nor holds up the other. */
const AT_ONCE: Readonly<Record<EndpointName, number>> = { webhook: 200, mail: 20 };

const DUE = `status = 'pending' and next_attempt_at <= $1`;

@Injectable()
export class DeliveryStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  list(query: DeliveriesQuery): Promise<DeliveryEntity[]> {
    const { status, eventId } = query;
    return this.database.reader.getRepository(DeliveryEntity).find({
      where: {
        ...(status === undefined ? {} : { status }),
        ...(eventId === undefined ? {} : { eventId }),
        ...afterCursor(query),
      },
      relations: { event: true },
      order: { id: 'desc' },
      take: limitOf(query) + 1,
    });
  }

  /** Oldest first, as long as fewer than `AT_ONCE` are under way to the same endpoint. */
  async claimDue(max: number): Promise<string[]> {
    const { reader } = this.database;
    const busy = await reader.query<{ endpoint: EndpointName; count: number }[]>(
      `select endpoint, count(*)::int as count from deliveries
       where status = 'pending' and claimed_until > clock_timestamp() group by endpoint`,
    );
    const now = await this.clock.now();
    const claimed: string[] = [];
    for (const [endpoint, atOnce] of Object.entries(AT_ONCE)) {
      const underWay = busy.find((one) => one.endpoint === endpoint)?.count ?? 0;
      const free = Math.min(max - claimed.length, atOnce - underWay);
      if (free <= 0) continue;
      const due = `${DUE} and endpoint = $2`;
      const claim = { table: 'deliveries', due, orderBy: 'next_attempt_at, id', values: [now, endpoint] };
      claimed.push(...(await claimRows(reader, claim, free)));
    }
    return claimed;
  }

  /** The delivery with its event, kept for this try; null when it is not due any more. */
  async take(id: string): Promise<DeliveryEntity | null> {
    return this.database.transaction(async (tx) => {
      const [, taken] = await tx.query<[unknown[], number]>(
        `update deliveries set claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
         where id = $2 and ${DUE}`,
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
      const [, changed] = await tx.query<[unknown[], number]>(
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

  private find(tx: EntityManager, id: string): Promise<DeliveryEntity | null> {
    return tx.getRepository(DeliveryEntity).findOne({ where: { id }, relations: { event: true } });
  }
}
