/** Reads and writes chargebacks, and how far the gateway was asked for new ones; decides nothing. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chargeback, ChargebackStatus } from '../domain/chargeback.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { ChargebackEntity } from './chargeback.entity.js';

@Injectable()
export class ChargebackStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async insert(tx: EntityManager, chargeback: Chargeback): Promise<void> {
    await tx.getRepository(ChargebackEntity).insert(chargeback);
  }

  async save(tx: EntityManager, { id, ...facts }: Chargeback): Promise<void> {
    await tx.getRepository(ChargebackEntity).update({ id }, { ...facts, claimedUntil: null });
  }

  /** Read under the lock of its subscription. */
  findByDispute(tx: EntityManager, gatewayDisputeId: string): Promise<Chargeback | null> {
    return tx.getRepository(ChargebackEntity).findOneBy({ gatewayDisputeId });
  }

  get(id: string): Promise<Chargeback> {
    return this.database.reader.getRepository(ChargebackEntity).findOneByOrFail({ id });
  }

  /** Newest first. */
  list(status: ChargebackStatus | undefined, page: PageQuery): Promise<Chargeback[]> {
    return this.database.reader.getRepository(ChargebackEntity).find({
      where: { ...(status === undefined ? {} : { status }), ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  async claimToAsk(max: number): Promise<string[]> {
    const values = [await this.clock.now()];
    const claim = { table: 'chargebacks', due: 'next_query_at <= $1', orderBy: 'next_query_at', values };
    return claimRows(this.database.reader, claim, max);
  }

  /** One that was decided meanwhile is asked no more. */
  async askAgain(id: string, nextQueryAt: Date): Promise<void> {
    const open = { id, status: 'open' as const };
    await this.database.reader.getRepository(ChargebackEntity).update(open, { nextQueryAt, claimedUntil: null });
  }

  claimLooks(max: number): Promise<string[]> {
    const due = 'next_look_at <= clock_timestamp()';
    return claimRows(this.database.reader, { table: 'dispute_looks', due, orderBy: 'id', values: [] }, max);
  }

  async lookedTo(id: string): Promise<Date | null> {
    const [row] = await this.database.reader.query<{ looked_to: Date | null }[]>(
      'select looked_to from dispute_looks where id = $1',
      [id],
    );
    return row?.looked_to ?? null;
  }

  /** `lookedTo` null: nothing was seen, the next look begins where this one did. */
  async lookAgain(id: string, inSeconds: number, lookedTo: Date | null): Promise<void> {
    await this.database.reader.query(
      `update dispute_looks set looked_to = coalesce($2, looked_to), claimed_until = null,
         next_look_at = clock_timestamp() + make_interval(secs => $3) where id = $1`,
      [id, lookedTo, inSeconds],
    );
  }
}
