/** Reads and writes refunds; decides nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import type { Refund } from '../domain/refund.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { RefundEntity } from './refund.entity.js';

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

  /** Minor units returned or on their way back for a charge; a refund that failed is still owed and still counts. */
  async returnedMinor(tx: EntityManager, chargeId: string): Promise<number> {
    return (await tx.getRepository(RefundEntity).sum('amountMinor', { chargeId })) ?? 0;
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
