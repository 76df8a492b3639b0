/** Reads and writes proposals to pay a refund by hand; decides nothing. */
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { ManualRefundEntity } from './manual-refund.entity.js';

@Injectable()
export class ManualRefundStore {
  constructor(private readonly database: Database) {}

  async insert(tx: Tx, manualRefund: ManualRefundEntity): Promise<void> {
    await tx.insert(ManualRefundEntity, manualRefund);
  }

  /** Refuses `not_found`. */
  async get(tx: Tx, id: string): Promise<ManualRefundEntity> {
    const found = await tx.findOne(ManualRefundEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no manual refund ${id}.`);
    return found;
  }

  /** Without the lock, a hint. Refuses `not_found`. */
  show(id: string): Promise<ManualRefundEntity> {
    return this.get(this.database.reader, id);
  }

  /** The open one of a refund: at most one waits for its approval. */
  proposed(tx: Tx, refundId: string): Promise<ManualRefundEntity | null> {
    return tx.findOne(ManualRefundEntity, { refundId, status: 'proposed' });
  }

  proposedOfAll(refundIds: string[]): Promise<ManualRefundEntity[]> {
    return this.database.reader.find(ManualRefundEntity, { refundId: In(refundIds), status: 'proposed' });
  }

  async approve(tx: Tx, id: string, approvedBy: string, approvedAt: Date): Promise<void> {
    await tx.set(ManualRefundEntity, { id }, { status: 'approved', approvedBy, approvedAt });
  }

  /** Nothing is left to approve. */
  async withdraw(tx: Tx, refundId: string): Promise<void> {
    await tx.set(ManualRefundEntity, { refundId, status: 'proposed' }, { status: 'withdrawn' });
  }
}
