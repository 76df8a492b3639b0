/** Reads and writes charges; decides nothing. */
import { Injectable } from '@nestjs/common';
import { Any, Not, type EntityManager } from 'typeorm';
import type { Charge } from '../domain/charge.js';
import { claimRows } from '../platform/claim.js';
import { Database } from '../platform/database.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { inOrder, insertRows, updateClaimed } from '../platform/rows.js';
import { together } from '../platform/together.js';
import { ChargeEntity } from './charge.entity.js';

@Injectable()
export class ChargeStore {
  constructor(private readonly database: Database) {}

  insert(tx: EntityManager, charge: Charge): Promise<void> {
    return together(tx, insertAll, charge);
  }

  /** Locked after its subscription, never before. */
  lock(tx: EntityManager, id: string): Promise<Charge> {
    return together(tx, lockAll, id);
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
  save(tx: EntityManager, charge: Charge): Promise<void> {
    return together(tx, saveAll, charge);
  }

  /** The greatest term number anything was ever charged for; 0 before the first charge. */
  lastTermNumber(tx: EntityManager, subscriptionId: string): Promise<number> {
    return together(tx, lastTermNumbers, subscriptionId);
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

function insertAll(tx: EntityManager, charges: readonly Charge[]): Promise<void> {
  return insertRows(tx, ChargeEntity, charges);
}

async function lockAll(tx: EntityManager, ids: readonly string[]): Promise<Charge[]> {
  const where = { id: Any(ids) };
  const locked = await tx
    .getRepository(ChargeEntity)
    .find({ where, order: { id: 'asc' }, lock: { mode: 'pessimistic_write' } });
  return inOrder(ids, locked, ChargeEntity.name);
}

function saveAll(tx: EntityManager, charges: readonly Charge[]): Promise<void> {
  return updateClaimed(tx, ChargeEntity, charges);
}

async function lastTermNumbers(tx: EntityManager, subscriptionIds: readonly string[]): Promise<number[]> {
  const rows = await tx.query<{ id: string; last: number }[]>(
    `select subscription_id as id, max(term_number) as last from charges where subscription_id = any($1) group by 1`,
    [subscriptionIds],
  );
  const lastOf = new Map(rows.map(({ id, last }) => [id, last]));
  return subscriptionIds.map((id) => lastOf.get(id) ?? 0);
}
