/** Reads and writes refunds; decides nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { Refund } from '../domain/refund.js';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { Clock } from '../platform/time/clock.js';
import { RefundEntity } from './refund.entity.js';

/**
 * SQL over a charge `c`: minor units returned or on their way back. A refund that failed is still owed and still counts,
 * and so does what the member's bank holds back or has taken.
 */
export const RETURNED_MINOR = `least(c.amount_minor, c.disputed_minor + c.charged_back_minor
  + (select coalesce(sum(amount_minor - covered_minor), 0) from refunds
    where charge_id = c.id and paid_otherwise_by is distinct from 'gateway'))::bigint`;

@Injectable()
export class RefundStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async insert(tx: Tx, refund: Refund): Promise<void> {
    await tx.insert(RefundEntity, refund);
  }

  lock(tx: Tx, id: string): Promise<Refund> {
    return tx.require(RefundEntity, { id }, { lock: 'wait' });
  }

  /** Refuses `not_found`. */
  async require(id: string): Promise<Refund> {
    const found = await this.database.reader.findOne(RefundEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no refund ${id}.`);
    return found;
  }

  /** The gateway's id of the payment that it is of. */
  async paymentOf(id: string, tx = this.database.reader): Promise<string> {
    const [row] = await tx.query<{ payment: string | null }>(
      `select c.gateway_payment_id as payment from refunds r join charges c on c.id = r.charge_id where r.id = $1`,
      [id],
    );
    if (row?.payment == null) throw new Error(`the charge of refund ${id} was never captured`);
    return row.payment;
  }

  /** Of a charge, oldest first, locked after it. */
  lockAll(tx: Tx, chargeId: string): Promise<Refund[]> {
    return tx.find(RefundEntity, { chargeId }, { order: { id: 'asc' }, lock: 'wait' });
  }

  find(tx: Tx, id: string): Promise<Refund> {
    return tx.require(RefundEntity, { id });
  }

  get(id: string): Promise<Refund> {
    return this.find(this.database.reader, id);
  }

  save(tx: Tx, refund: Refund): Promise<void> {
    return tx.update(RefundEntity, refund);
  }

  /** Newest first. */
  list(subscriptionId: string, page: PageQuery): Promise<Refund[]> {
    return this.database.reader.find(
      RefundEntity,
      { subscriptionId, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }

  /** Newest first. */
  ofCancellation(cancellationId: string): Promise<Refund[]> {
    return this.database.reader.find(RefundEntity, { cancellationId }, { order: { id: 'desc' } });
  }

  /** Of a charge that is returned without a cancellation; none where all of it had gone back before. */
  inFull(chargeId: string): Promise<Refund[]> {
    const where = { chargeId, basis: 'full', cancellationId: IsNull() } as const;
    return this.database.reader.find(RefundEntity, where);
  }

  /** Newest first. */
  ofCompensation(compensationId: string): Promise<Refund[]> {
    return this.database.reader.find(RefundEntity, { compensationId }, { order: { id: 'desc' } });
  }

  /** Minor units of a charge, as `RETURNED_MINOR` has them. */
  async returnedMinor(tx: Tx, chargeId: string): Promise<number> {
    const [row] = await tx.query<{ returned: number }>(
      `select ${RETURNED_MINOR} as returned from charges c where c.id = $1`,
      [chargeId],
    );
    return row?.returned ?? 0;
  }
}
