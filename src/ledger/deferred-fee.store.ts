/** Reads and writes deferred fees, always locked: the month's close moves the same rows. */
import { Injectable } from '@nestjs/common';
import type { DeferredFee } from '../domain/deferred-fee.js';
import type { Tx } from '../platform/database/tx.js';
import { DeferredFeeEntity } from './deferred-fee.entity.js';

@Injectable()
export class DeferredFeeStore {
  insert(tx: Tx, fee: DeferredFee): Promise<void> {
    return tx.insert(DeferredFeeEntity, fee);
  }

  save(tx: Tx, fee: DeferredFee): Promise<void> {
    return tx.update(DeferredFeeEntity, fee);
  }

  /** Gross minor units that went back another way than by a refund. */
  async addReturned(tx: Tx, chargeId: string, amountMinor: number): Promise<void> {
    await tx.execute('update deferred_fees set returned_minor = returned_minor + $2 where charge_id = $1', [
      chargeId,
      amountMinor,
    ]);
  }

  lock(tx: Tx, chargeId: string): Promise<DeferredFee | null> {
    return tx.findOne(DeferredFeeEntity, { chargeId }, { lock: 'wait' });
  }

  /** All of a subscription, oldest first, in the order in which the month's close locks them. */
  ofSubscription(tx: Tx, subscriptionId: string): Promise<DeferredFee[]> {
    const order = { chargeId: 'asc' } as const;
    return tx.find(DeferredFeeEntity, { subscriptionId }, { order, lock: 'wait' });
  }
}
