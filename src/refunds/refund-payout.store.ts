/** Reads and writes proposals to pay a refund by hand; decides nothing. */
import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database.js';
import { RefundPayoutEntity } from './refund-payout.entity.js';

@Injectable()
export class RefundPayoutStore {
  constructor(private readonly database: Database) {}

  async insert(tx: EntityManager, payout: RefundPayoutEntity): Promise<void> {
    await tx.getRepository(RefundPayoutEntity).insert(payout);
  }

  /** Refuses `not_found`. */
  async get(tx: EntityManager, id: string): Promise<RefundPayoutEntity> {
    const found = await tx.getRepository(RefundPayoutEntity).findOneBy({ id });
    if (found === null) throw new Refusal('not_found', `There is no payout ${id}.`);
    return found;
  }

  /** Without the lock, a hint. Refuses `not_found`. */
  show(id: string): Promise<RefundPayoutEntity> {
    return this.get(this.database.reader, id);
  }

  /** The open one of a refund: at most one waits for its approval. */
  proposed(tx: EntityManager, refundId: string): Promise<RefundPayoutEntity | null> {
    return tx.getRepository(RefundPayoutEntity).findOneBy({ refundId, status: 'proposed' });
  }

  proposedOfAll(refundIds: string[]): Promise<RefundPayoutEntity[]> {
    return this.database.reader
      .getRepository(RefundPayoutEntity)
      .findBy({ refundId: In(refundIds), status: 'proposed' });
  }

  async approve(tx: EntityManager, id: string, approvedBy: string, approvedAt: Date): Promise<void> {
    await tx.getRepository(RefundPayoutEntity).update({ id }, { status: 'approved', approvedBy, approvedAt });
  }

  /** Nothing is left to approve. */
  async withdraw(tx: EntityManager, refundId: string): Promise<void> {
    await tx.getRepository(RefundPayoutEntity).update({ refundId, status: 'proposed' }, { status: 'withdrawn' });
  }
}
