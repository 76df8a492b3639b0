/** Keeps the transfers ordered and how far each has come; which subscription moves is decided elsewhere. */
import { Injectable } from '@nestjs/common';
import { IsNull, MoreThanOrEqual } from 'typeorm';
import type { EntityTransfer } from '../domain/entity-transfer.js';
import { Refusal } from '../domain/refusal.js';
import { Database, violatesUnique } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { EntityTransferEntity, EntityTransferMoveEntity } from './contracting-entity.entity.js';

export interface StoredTransfer extends EntityTransfer {
  id: string;
  orderedAt: Date;
  orderedBy: string;
  concerned: number | null;
  moved: number;
  lookedThroughTo: string | null;
  startedAt: Date | null;
  doneAt: Date | null;
}

@Injectable()
export class TransferStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Refuses `already_published` for the same companies, country and instant. */
  async order(tx: Tx, transfer: EntityTransfer, orderedBy: string, orderedAt: Date): Promise<string> {
    const { from: fromName, to: toName, country, effectiveAt } = transfer;
    const id = newId();
    const row = { id, fromName, toName, country, effectiveAt, orderedAt, orderedBy };
    try {
      await tx.insert(EntityTransferEntity, row);
    } catch (error) {
      if (!violatesUnique(error, 'entity_transfers_once')) throw error;
      throw new Refusal('already_published', `${fromName} is handed over at this instant already.`, '8.3');
    }
    return id;
  }

  /** Refuses `not_found`. */
  async get(tx: Tx, id: string): Promise<StoredTransfer> {
    const found = await tx.findOne(EntityTransferEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no entity transfer ${id}.`);
    return stored(found);
  }

  /** Newest first. */
  async list(page: PageQuery): Promise<StoredTransfer[]> {
    const rows = await this.database.reader.find(EntityTransferEntity, afterCursor(page), {
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
    return rows.map(stored);
  }

  async start(id: string, concerned: number): Promise<void> {
    await this.database.reader.set(EntityTransferEntity, { id }, { concerned, startedAt: await this.clock.now() });
  }

  /** In the transaction that moves the subscription; counted once however often it comes. */
  async count(tx: Tx, transferId: string, subscriptionId: string): Promise<void> {
    await tx.upsert(EntityTransferMoveEntity, { transferId, subscriptionId }, ['transferId', 'subscriptionId']);
  }

  /** After a batch: how far it has come. The next poll may go on at once. */
  async progress(id: string, lookedThroughTo: string): Promise<void> {
    await this.write(this.database.reader, id, { lookedThroughTo });
  }

  /** Waits for a transaction that has the transfer looked through again, and makes the next one wait. */
  async lock(tx: Tx, id: string): Promise<void> {
    await tx.query('select 1 from entity_transfers where id = $1 for no key update', [id]);
  }

  /**
   * Those done at an instant or later that concern a country, in the order in which they took effect; the others look
   * again, for one that is live again when this commits.
   */
  async doneSince(tx: Tx, since: Date, residenceCountry: string): Promise<StoredTransfer[]> {
    await tx.query(
      `update entity_transfers set looked_through_to = null
       where done_at is null and (country is null or country = $1)`,
      [residenceCountry],
    );
    const done = await tx.find(
      EntityTransferEntity,
      [IsNull(), residenceCountry].map((country) => ({ country, doneAt: MoreThanOrEqual(since) })),
      { order: { effectiveAt: 'asc', id: 'asc' } },
    );
    return done.map(stored);
  }

  /** Begins again from the first subscription, for those that came in behind. */
  async lookAgain(tx: Tx, id: string): Promise<void> {
    await this.write(tx, id, { lookedThroughTo: null });
  }

  async finish(tx: Tx, id: string): Promise<void> {
    await this.write(tx, id, { doneAt: await this.clock.now(tx) });
  }

  private async write(tx: Tx, id: string, change: Partial<EntityTransferEntity>): Promise<void> {
    const [counted] = await tx.query<{ moved: number }>(
      'select count(*)::int as moved from entity_transfer_moves where transfer_id = $1',
      [id],
    );
    await tx.update(EntityTransferEntity, { id, ...change, moved: counted?.moved ?? 0 });
  }
}

function stored({ fromName, toName, claimedUntil: _, ...row }: EntityTransferEntity): StoredTransfer {
  return { ...row, from: fromName, to: toName };
}
