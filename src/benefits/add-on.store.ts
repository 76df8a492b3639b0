/** Keeps what members answered to value-added services; decides nothing and charges nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import type { AddOn } from '../domain/add-on.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { AddOnChargeEntity, AddOnEntity } from './add-on.entity.js';

@Injectable()
export class AddOnStore {
  /** As it stands; one never answered is offered. Read under the subscription's lock. */
  async find({ tx, subscription, now }: Change, code: string): Promise<AddOn> {
    const subscriptionId = subscription.id;
    const kept = await tx.getRepository(AddOnEntity).findOneBy({ subscriptionId, code });
    const fresh = { status: 'offered', attempts: 0, chargeId: null, firstUsedAt: null, decidedAt: now } as const;
    return kept ?? { id: newId(), subscriptionId, code, ...fresh };
  }

  /** The one a charge was opened for. */
  async ofCharge(tx: EntityManager, chargeId: string): Promise<AddOn> {
    const { addOnId } = await tx.getRepository(AddOnChargeEntity).findOneByOrFail({ chargeId });
    return tx.getRepository(AddOnEntity).findOneByOrFail({ id: addOnId });
  }

  /** Keeps which service a charge is for, also when a later acceptance has its own. */
  async link(tx: EntityManager, chargeId: string, addOnId: string): Promise<void> {
    await tx.getRepository(AddOnChargeEntity).insert({ chargeId, addOnId });
  }

  /** Accepted, paid and never used: what goes back with the membership. */
  unused(tx: EntityManager, subscriptionId: string): Promise<AddOn[]> {
    const where = { subscriptionId, status: 'accepted' as const, firstUsedAt: IsNull() };
    return tx.getRepository(AddOnEntity).find({ where, order: { id: 'asc' } });
  }

  list(tx: EntityManager, subscriptionId: string): Promise<AddOn[]> {
    return tx.getRepository(AddOnEntity).findBy({ subscriptionId });
  }

  async save(tx: EntityManager, addOn: AddOn): Promise<void> {
    await tx.getRepository(AddOnEntity).upsert(addOn, ['subscriptionId', 'code']);
  }
}
