/** Reads and writes refunds; decides nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import type { Refund } from '../domain/refund.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { RefundEntity } from './refund.entity.js';

/**
 * SQL over a charge `c`: minor units returned or on their way back. A refund that failed is still owed and still counts,
 * and so does what the member's bank holds back or has taken.
 */
export const RETURNED_MINOR = `least(c.amount_minor, c.disputed_minor + c.charged_back_minor
  + (select coalesce(sum(amount_minor), 0) from refunds where charge_id = c.id))::bigint`;

@Injectable()
export class RefundStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async insert(tx: EntityManager, refund: Refund): Promise<void> {
    await tx.getRepository(RefundEntity).insert(refund);
  }

  lock(tx: EntityManager, id: string): Promise<Refund> {
    return tx.getRepository(RefundEntity).findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Refuses `not_found`. */
  async require(id: string): Promise<Refund> {
    const found = await this.database.reader.getRepository(RefundEntity).findOneBy({ id });
    if (found === null) throw new Refusal('not_found', `There is no refund ${id}.`);
    return found;
  }

  /** Of a charge, oldest first, locked after it. */
  lockAll(tx: EntityManager, chargeId: string): Promise<Refund[]> {
    const lock = { mode: 'pessimistic_write' as const };
    return tx.getRepository(RefundEntity).find({ where: { chargeId }, order: { id: 'asc' }, lock });
  }

  find(tx: EntityManager, id: string): Promise<Refund> {
    return tx.getRepository(RefundEntity).findOneByOrFail({ id });
  }

  get(id: string): Promise<Refund> {
    return this.find(this.database.reader, id);
  }

  async save(tx: EntityManager, { id, ...facts }: Refund): Promise<void> {
    await tx.getRepository(RefundEntity).update({ id }, { ...facts, claimedUntil: null });
  }

  /** Newest first. */
  list(subscriptionId: string, page: PageQuery): Promise<Refund[]> {
    return this.database.reader.getRepository(RefundEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  /** Newest first. */
  ofCancellation(cancellationId: string): Promise<Refund[]> {
    return this.database.reader.getRepository(RefundEntity).find({ where: { cancellationId }, order: { id: 'desc' } });
  }

  /** Of a charge that is returned without a cancellation; none where all of it had gone back before. */
  inFull(chargeId: string): Promise<Refund[]> {
    const where = { chargeId, basis: 'full', cancellationId: IsNull() } as const;
    return this.database.reader.getRepository(RefundEntity).findBy(where);
  }

  /** Newest first. */
  ofCompensation(compensationId: string): Promise<Refund[]> {
    return this.database.reader.getRepository(RefundEntity).find({ where: { compensationId }, order: { id: 'desc' } });
  }

  /** Minor units of a charge, as `RETURNED_MINOR` has them. */
  async returnedMinor(tx: EntityManager, chargeId: string): Promise<number> {
    const [row] = await tx.query<{ returned: number }[]>(
      `select ${RETURNED_MINOR} as returned from charges c where c.id = $1`,
      [chargeId],
    );
    return row?.returned ?? 0;
  }

  async claimOverdue(max: number): Promise<string[]> {
    const due = `status <> 'succeeded' and overdue_at is null and deadline_at <= $1`;
    const values = [await this.clock.now()];
    return claimRows(this.database.reader, { table: 'refunds', due, orderBy: 'deadline_at', values }, max);
  }

  async claimRetries(max: number): Promise<string[]> {
    const values = [await this.clock.now()];
    return claimRows(
      this.database.reader,
      { table: 'refunds', due: 'retry_at <= $1', orderBy: 'retry_at', values },
      max,
    );
  }
}
