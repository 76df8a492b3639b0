/** Reads and writes chargebacks, and how far the gateway was asked for new ones; decides nothing. */
import { Injectable } from '@nestjs/common';
import type { Chargeback, ChargebackStatus } from '../domain/chargeback.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { Clock } from '../platform/time/clock.js';
import { ChargebackEntity } from './chargeback.entity.js';

@Injectable()
export class ChargebackStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async insert(tx: Tx, chargeback: Chargeback): Promise<void> {
    await tx.insert(ChargebackEntity, chargeback);
  }

  save(tx: Tx, chargeback: Chargeback): Promise<void> {
    return tx.update(ChargebackEntity, chargeback);
  }

  /** Read under the lock of its subscription. */
  findByDispute(tx: Tx, gateway: string, gatewayDisputeId: string): Promise<Chargeback | null> {
    return tx.findOne(ChargebackEntity, { gateway, gatewayDisputeId });
  }

  get(id: string): Promise<Chargeback> {
    return this.database.reader.require(ChargebackEntity, { id });
  }

  /** Newest first. */
  list(status: ChargebackStatus | undefined, page: PageQuery): Promise<Chargeback[]> {
    return this.database.reader.find(
      ChargebackEntity,
      { ...(status === undefined ? {} : { status }), ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }

  /** One that was decided meanwhile is asked no more. */
  async askAgain(id: string, nextQueryAt: Date): Promise<void> {
    const open = { id, status: 'open' as const };
    await this.database.reader.set(ChargebackEntity, open, { nextQueryAt, claimedUntil: null });
  }

  /** A gateway whose list is looked through from now on. */
  async lookThrough(gateway: string): Promise<void> {
    await this.database.reader.query('insert into dispute_looks (id) values ($1) on conflict do nothing', [gateway]);
  }

  async lookedTo(id: string): Promise<Date | null> {
    const [row] = await this.database.reader.query<{ looked_to: Date | null }>(
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
