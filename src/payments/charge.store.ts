/** Reads and writes charges; decides nothing. */
import { Injectable } from '@nestjs/common';
import { Not, type EntityManager } from 'typeorm';
import type { Charge } from '../domain/charge.js';
import { claimRows } from '../platform/claim.js';
import { Database } from '../platform/database.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { ChargeEntity } from './charge.entity.js';

@Injectable()
export class ChargeStore {
  constructor(private readonly database: Database) {}

  async insert(tx: EntityManager, charge: Charge): Promise<void> {
    await tx.getRepository(ChargeEntity).insert(charge);
  }

  /** Locked after its subscription, never before. */
  lock(tx: EntityManager, id: string): Promise<Charge> {
    return tx.getRepository(ChargeEntity).findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  find(tx: EntityManager, id: string): Promise<Charge> {
    return tx.getRepository(ChargeEntity).findOneByOrFail({ id });
  }

  get(id: string): Promise<Charge> {
    return this.find(this.database.reader, id);
  }

  /** Whose money the gateway knows by this id; null when none of ours is. */
  findByPayment(gatewayPaymentId: string): Promise<Charge | null> {
    return this.database.reader.getRepository(ChargeEntity).findOneBy({ gatewayPaymentId });
  }

  /** Whether the member's bank holds any payment of the subscription back, or has taken this fee back. */
  async isHeldByBank(tx: EntityManager, subscriptionId: string, chargeId: string | null): Promise<boolean> {
    const [held] = await tx.query<unknown[]>(
      `select from charges where subscription_id = $1 and (disputed_minor > 0 or (charged_back_minor > 0 and id = $2))
       limit 1`,
      [subscriptionId, chargeId],
    );
    return held !== undefined;
  }

  /** A saved row is free to be claimed for whatever is due on it next. */
  async save(tx: EntityManager, { id, ...facts }: Charge): Promise<void> {
    await tx.getRepository(ChargeEntity).update({ id }, { ...facts, claimedUntil: null });
  }

  /** The greatest term number anything was ever charged for; 0 before the first charge. */
  async lastTermNumber(tx: EntityManager, subscriptionId: string): Promise<number> {
    return (await tx.getRepository(ChargeEntity).maximum('termNumber', { subscriptionId })) ?? 0;
  }

  /** What was captured and may be returned, newest first. */
  captured(tx: EntityManager, subscriptionId: string): Promise<Charge[]> {
    return tx.getRepository(ChargeEntity).find({
      where: { subscriptionId, status: 'succeeded' },
      order: { id: 'desc' },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** The latest for a term; what an add-on cost is no fee. */
  async latest(tx: EntityManager, subscriptionId: string): Promise<Charge | null> {
    const [latest] = await tx
      .getRepository(ChargeEntity)
      .find({ where: { subscriptionId, purpose: Not('add_on') }, order: { id: 'desc' }, take: 1 });
    return latest ?? null;
  }

  /** Newest first. */
  list(subscriptionId: string, page: PageQuery): Promise<Charge[]> {
    return this.database.reader.getRepository(ChargeEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  /** Charges whose money came in after its reason had gone; while it is disputed, the bank has it. */
  claimUnserved(max: number): Promise<string[]> {
    const due = 'unserved_at is not null and disputed_minor = 0';
    return claimRows(this.database.reader, { table: 'charges', due, orderBy: 'unserved_at', values: [] }, max);
  }
}
