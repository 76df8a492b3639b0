/** Keeps the member's deduction authorizations (3.2.1): at most one is valid and one waits to be validated. */
import { Injectable } from '@nestjs/common';
import { In, IsNull, Not, type EntityManager } from 'typeorm';
import type { Mandate, Subscription } from '../domain/subscription.js';
import { newId } from '../platform/ids.js';
import { MandateEntity } from './subscription.entity.js';

export interface StoredMethod {
  methodId: string;
  brand: string | null;
  last4: string | null;
}

@Injectable()
export class MandateStore {
  /** Records an authorization; one that still waited for its validation gives way. */
  async open(tx: EntityManager, subscription: Subscription, token: string, at: Date): Promise<Mandate> {
    const { id: subscriptionId, userId } = subscription;
    await tx
      .getRepository(MandateEntity)
      .update({ subscriptionId, status: 'pending' }, { status: 'revoked', decidedAt: at });
    const mandate: Mandate = {
      id: newId(),
      subscriptionId,
      userId,
      token,
      status: 'pending',
      gatewayMethodId: null,
      brand: null,
      last4: null,
      authorizedAt: at,
      decidedAt: null,
    };
    await tx.getRepository(MandateEntity).insert(mandate);
    return mandate;
  }

  find(tx: EntityManager, id: string): Promise<Mandate | null> {
    return tx.getRepository(MandateEntity).findOneBy({ id });
  }

  /** The one charges go through: the valid one, or before any was, the one that waits. */
  async current(tx: EntityManager, subscriptionId: string): Promise<Mandate | null> {
    const open = await tx.getRepository(MandateEntity).findBy({ subscriptionId, status: In(['valid', 'pending']) });
    return open.find((mandate) => mandate.status === 'valid') ?? open[0] ?? null;
  }

  /** The latest of all, for showing. */
  async latest(tx: EntityManager, subscriptionId: string): Promise<Mandate | null> {
    const all = await tx.getRepository(MandateEntity).find({
      where: { subscriptionId },
      order: { id: 'desc' },
    });
    return (
      all.find((mandate) => mandate.status === 'valid') ??
      all.find(({ status }) => status !== 'rejected') ??
      all[0] ??
      null
    );
  }

  /** The validated mandate takes the place of the one before it. */
  async accept(tx: EntityManager, mandate: Mandate, method: StoredMethod, at: Date): Promise<void> {
    const repository = tx.getRepository(MandateEntity);
    await repository.update(
      { subscriptionId: mandate.subscriptionId, status: 'valid' },
      { status: 'revoked', decidedAt: at },
    );
    const { methodId, brand, last4 } = method;
    await repository.update(
      { id: mandate.id },
      { status: 'valid', gatewayMethodId: methodId, brand, last4, decidedAt: at },
    );
  }

  async reject(tx: EntityManager, id: string, at: Date): Promise<void> {
    await tx.getRepository(MandateEntity).update({ id, status: 'pending' }, { status: 'rejected', decidedAt: at });
  }

  /** Gives back the authorization that ended with the subscription, when that end was a mistake (6.1.2). */
  async restore(tx: EntityManager, subscriptionId: string, endedAt: Date): Promise<void> {
    const [last] = await tx.getRepository(MandateEntity).find({
      where: { subscriptionId, status: 'revoked', decidedAt: endedAt, gatewayMethodId: Not(IsNull()) },
      order: { id: 'desc' },
      take: 1,
    });
    if (last !== undefined) await tx.getRepository(MandateEntity).update({ id: last.id }, { status: 'valid' });
  }

  /** Ends every authorization of a subscription that has ended: nothing may be deducted any more. */
  async revokeAll(tx: EntityManager, subscriptionId: string, at: Date): Promise<void> {
    await tx
      .getRepository(MandateEntity)
      .update({ subscriptionId, status: In(['valid', 'pending']) }, { status: 'revoked', decidedAt: at });
  }
}
