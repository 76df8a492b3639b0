/** Reads and writes charges; decides nothing. */
import { Injectable } from '@nestjs/common';
import { Not } from 'typeorm';
import type { Charge } from '../domain/charge.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { ChargeEntity } from './charge.entity.js';

@Injectable()
export class ChargeStore {
  constructor(private readonly database: Database) {}

  insert(tx: Tx, charge: Charge): Promise<void> {
    return tx.insert(ChargeEntity, charge);
  }

  /** Locked after its subscription, never before. */
  lock(tx: Tx, id: string): Promise<Charge> {
    return tx.requireById(ChargeEntity, id, 'wait');
  }

  find(tx: Tx, id: string): Promise<Charge> {
    return tx.require(ChargeEntity, { id });
  }

  get(id: string): Promise<Charge> {
    return this.find(this.database.reader, id);
  }

  /** Whose money the gateway knows by this id; null when none of ours is. */
  findByPayment(gateway: string, gatewayPaymentId: string): Promise<Charge | null> {
    return this.database.reader.findOne(ChargeEntity, { gateway, gatewayPaymentId });
  }

  /** Whether the member's bank holds any payment of the subscription back, or has taken this fee back. */
  async isHeldByBank(tx: Tx, subscriptionId: string, chargeId: string | null): Promise<boolean> {
    const [held] = await tx.query(
      `select from charges where subscription_id = $1 and (disputed_minor > 0 or (charged_back_minor > 0 and id = $2))
       limit 1`,
      [subscriptionId, chargeId],
    );
    return held !== undefined;
  }

  /** A saved row is free to be claimed for whatever is due on it next. */
  save(tx: Tx, charge: Charge): Promise<void> {
    return tx.update(ChargeEntity, charge);
  }

  /** The greatest term number anything was ever charged for; 0 before the first charge. */
  lastTermNumber(tx: Tx, subscriptionId: string): Promise<number> {
    return tx.together(lastTermNumbers, subscriptionId);
  }

  /** What was captured and may be returned, newest first. */
  captured(tx: Tx, subscriptionId: string): Promise<Charge[]> {
    return tx.find(ChargeEntity, { subscriptionId, status: 'succeeded' }, { order: { id: 'desc' }, lock: 'wait' });
  }

  /** The latest for a term; what an add-on cost is no fee. */
  async latest(tx: Tx, subscriptionId: string): Promise<Charge | null> {
    const [latest] = await tx.find(
      ChargeEntity,
      { subscriptionId, purpose: Not('add_on') },
      { order: { id: 'desc' }, take: 1 },
    );
    return latest ?? null;
  }

  /** Newest first. */
  list(subscriptionId: string, page: PageQuery): Promise<Charge[]> {
    return this.database.reader.find(
      ChargeEntity,
      { subscriptionId, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }
}

async function lastTermNumbers(tx: Tx, subscriptionIds: readonly string[]): Promise<number[]> {
  const rows = await tx.query<{ id: string; last: number }>(
    `select subscription_id as id, max(term_number) as last from charges where subscription_id = any($1) group by 1`,
    [subscriptionIds],
  );
  const lastOf = new Map(rows.map(({ id, last }) => [id, last]));
  return subscriptionIds.map((id) => lastOf.get(id) ?? 0);
}
