/** Reads, claims and marks deliveries; it never calls an endpoint. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { nextDeliveryAt } from '../domain/delivery.js';
import { Refusal } from '../domain/refusal.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { CLAIM_SECONDS } from '../platform/duty.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { WebhookDeliveryEntity } from './delivery.entity.js';

/** Tries that run at one time, over all workers: what endpoints answer slowly never piles up here. */
const AT_ONCE = 200;

const DUE = `status = 'pending' and next_attempt_at <= $1`;

@Injectable()
export class DeliveryStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  list(status: WebhookDeliveryEntity['status'] | undefined, page: PageQuery): Promise<WebhookDeliveryEntity[]> {
    return this.database.reader.getRepository(WebhookDeliveryEntity).find({
      where: { ...(status === undefined ? {} : { status }), ...afterCursor(page) },
      relations: { event: true },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  /** Oldest first, as long as fewer than `AT_ONCE` are under way. */
  async claimDue(max: number): Promise<string[]> {
    const { reader } = this.database;
    const [busy] = await reader.query<{ count: number }[]>(
      `select count(*)::int as count from webhook_deliveries where status = 'pending' and claimed_until > clock_timestamp()`,
    );
    const free = Math.min(max, AT_ONCE - (busy?.count ?? 0));
    if (free <= 0) return [];
    const values = [await this.clock.now()];
    return claimRows(reader, { table: 'webhook_deliveries', due: DUE, orderBy: 'next_attempt_at, id', values }, free);
  }

  /** The delivery with its event, kept for this try; null when it is not due any more. */
  async take(id: string): Promise<WebhookDeliveryEntity | null> {
    return this.database.transaction(async (tx) => {
      const [, taken] = await tx.query<[unknown[], number]>(
        `update webhook_deliveries set claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
         where id = $2 and ${DUE}`,
        [await this.clock.now(tx), id],
      );
      return taken === 0 ? null : this.find(tx, id);
    });
  }

  /** The endpoint took it. A try that was overtaken by another, or by a replay, is the same news again. */
  async delivered({ id, eventId }: WebhookDeliveryEntity): Promise<void> {
    await this.database.transaction(async (tx) => {
      const now = await this.clock.now(tx);
      await tx.query(
        `update webhook_deliveries set status = 'delivered', attempts = attempts + 1, delivered_at = $2,
           next_attempt_at = null, last_error = null, claimed_until = null where id = $1 and status <> 'delivered'`,
        [id, now],
      );
      await tx.query('update outbox_events set acknowledged_at = $2 where id = $1 and acknowledged_at is null', [
        eventId,
        now,
      ]);
    });
  }

  /** Tried again on schedule, then a dead letter; only while nobody else has moved it on. */
  async failed({ id, attempts }: WebhookDeliveryEntity, error: string): Promise<void> {
    const nextAttemptAt = nextDeliveryAt(attempts + 1, await this.clock.now());
    await this.database.reader.query(
      `update webhook_deliveries set status = $3, attempts = $2 + 1, next_attempt_at = $4, last_error = $5,
         claimed_until = null where id = $1 and status = 'pending' and attempts = $2`,
      [id, attempts, nextAttemptAt === null ? 'dead' : 'pending', nextAttemptAt, error],
    );
  }

  /** Refuses `not_found`, then `not_allowed_in_state` while it is still being tried. */
  async replay(id: string): Promise<WebhookDeliveryEntity> {
    return this.database.transaction(async (tx) => {
      const [, changed] = await tx.query<[unknown[], number]>(
        `update webhook_deliveries set status = 'pending', attempts = 0, next_attempt_at = $2, delivered_at = null,
           last_error = null, claimed_until = null where id = $1 and status <> 'pending'`,
        [id, await this.clock.now(tx)],
      );
      const found = await this.find(tx, id);
      if (found === null) throw new Refusal('not_found', `There is no webhook delivery ${id}.`);
      if (changed === 0) throw new Refusal('not_allowed_in_state', 'It is still being delivered.');
      return found;
    });
  }

  private find(tx: EntityManager, id: string): Promise<WebhookDeliveryEntity | null> {
    return tx.getRepository(WebhookDeliveryEntity).findOne({ where: { id }, relations: { event: true } });
  }
}
