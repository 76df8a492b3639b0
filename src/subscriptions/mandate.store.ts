/** Keeps the member's deduction authorizations (3.2.1): at most one is valid and one waits to be validated. */
import { Injectable } from '@nestjs/common';
import { Any, In, IsNull, Not, type EntityManager } from 'typeorm';
import type { Mandate, Subscription } from '../domain/subscription.js';
import { newId } from '../platform/ids.js';
import { together } from '../platform/together.js';
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
  current(tx: EntityManager, subscriptionId: string): Promise<Mandate | null> {
    return together(tx, currentOfAll, subscriptionId);
  }

  /** The latest of all, for showing. */
  latest(tx: EntityManager, subscriptionId: string): Promise<Mandate | null> {
    return together(tx, latestOfAll, subscriptionId);
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

async function currentOfAll(tx: EntityManager, subscriptionIds: readonly string[]): Promise<(Mandate | null)[]> {
  const open = await tx
    .getRepository(MandateEntity)
    .findBy({ subscriptionId: Any(subscriptionIds), status: In(['valid', 'pending']) });
  return subscriptionIds.map((id) => {
    const own = open.filter(({ subscriptionId }) => subscriptionId === id);
    return own.find(({ status }) => status === 'valid') ?? own[0] ?? null;
  });
}

async function latestOfAll(tx: EntityManager, subscriptionIds: readonly string[]): Promise<(Mandate | null)[]> {
  const where = { subscriptionId: Any(subscriptionIds) };
  const all = await tx.getRepository(MandateEntity).find({ where, order: { id: 'desc' } });
  return subscriptionIds.map((id) => {
    const own = all.filter(({ subscriptionId }) => subscriptionId === id);
    const valid = own.find(({ status }) => status === 'valid');
    return valid ?? own.find(({ status }) => status !== 'rejected') ?? own[0] ?? null;
  });
}
