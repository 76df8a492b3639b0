/** Keeps what members answered to value-added services; decides nothing and charges nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { AddOn } from '../domain/add-on.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { AddOnChargeEntity, AddOnEntity } from './add-on.entity.js';

@Injectable()
export class AddOnStore {
  /** As it stands; one never answered is offered. Read under the subscription's lock. */
  async find({ tx, subscription, now }: Change, code: string): Promise<AddOn> {
    const subscriptionId = subscription.id;
    const kept = await tx.findOne(AddOnEntity, { subscriptionId, code });
    const fresh = { status: 'offered', attempts: 0, chargeId: null, firstUsedAt: null, decidedAt: now } as const;
    return kept ?? { id: newId(), subscriptionId, code, ...fresh };
  }

  /** The one a charge was opened for. */
  async ofCharge(tx: Tx, chargeId: string): Promise<AddOn> {
    const { addOnId } = await tx.require(AddOnChargeEntity, { chargeId });
    return tx.require(AddOnEntity, { id: addOnId });
  }

  /** Keeps which service a charge is for, also when a later acceptance has its own. */
  async link(tx: Tx, chargeId: string, addOnId: string): Promise<void> {
    await tx.insert(AddOnChargeEntity, { chargeId, addOnId });
  }

  /** Accepted, paid and never used: what goes back with the membership. */
  unused(tx: Tx, subscriptionId: string): Promise<AddOn[]> {
    const where = { subscriptionId, status: 'accepted' as const, firstUsedAt: IsNull() };
    return tx.find(AddOnEntity, where, { order: { id: 'asc' } });
  }

  list(tx: Tx, subscriptionId: string): Promise<AddOn[]> {
    return tx.find(AddOnEntity, { subscriptionId });
  }

  async save(tx: Tx, addOn: AddOn): Promise<void> {
    await tx.upsert(AddOnEntity, addOn, ['subscriptionId', 'code']);
  }
}
