/** Reads and writes deferred fees, always locked: the month's close moves the same rows. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeferredFee } from '../domain/deferred-fee.js';
import { insertRows } from '../platform/rows.js';
import { together } from '../platform/together.js';
import { DeferredFeeEntity } from './deferred-fee.entity.js';

const LOCKED = { mode: 'pessimistic_write' } as const;

@Injectable()
export class DeferredFeeStore {
  insert(tx: EntityManager, fee: DeferredFee): Promise<void> {
    return together(tx, insertAll, fee);
  }

  async save(tx: EntityManager, fee: DeferredFee): Promise<void> {
    await tx.getRepository(DeferredFeeEntity).update({ chargeId: fee.chargeId }, fee);
  }

  /** Gross minor units that went back another way than by a refund. */
  async addReturned(tx: EntityManager, chargeId: string, amountMinor: number): Promise<void> {
    await tx.getRepository(DeferredFeeEntity).increment({ chargeId }, 'returnedMinor', amountMinor);
  }

  lock(tx: EntityManager, chargeId: string): Promise<DeferredFee | null> {
    return tx.getRepository(DeferredFeeEntity).findOne({ where: { chargeId }, lock: LOCKED });
  }

  /** All of a subscription, oldest first, in the order in which the month's close locks them. */
  ofSubscription(tx: EntityManager, subscriptionId: string): Promise<DeferredFee[]> {
    const order = { chargeId: 'asc' } as const;
    return tx.getRepository(DeferredFeeEntity).find({ where: { subscriptionId }, order, lock: LOCKED });
  }
}

function insertAll(tx: EntityManager, fees: readonly DeferredFee[]): Promise<void> {
  return insertRows(tx, DeferredFeeEntity, fees);
}
