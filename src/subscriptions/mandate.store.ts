/** Keeps the member's deduction authorizations (3.2.1): at most one is valid and one waits to be validated. */
import { Injectable } from '@nestjs/common';
import { Any, In, IsNull, Not } from 'typeorm';
import type { Mandate, Subscription } from '../domain/subscription.js';
import type { Tx } from '../platform/database/tx.js';
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
  async open(
    tx: Tx,
    { id: subscriptionId, userId }: Subscription,
    { token, gateway }: Pick<Mandate, 'token' | 'gateway'>,
    at: Date,
  ): Promise<Mandate> {
    await tx.set(MandateEntity, { subscriptionId, status: 'pending' }, { status: 'revoked', decidedAt: at });
    const mandate: Mandate = {
      id: newId(),
      subscriptionId,
      userId,
      gateway,
      token,
      status: 'pending',
      gatewayMethodId: null,
      brand: null,
      last4: null,
      authorizedAt: at,
      decidedAt: null,
    };
    await tx.insert(MandateEntity, mandate);
    return mandate;
  }

  find(tx: Tx, id: string): Promise<Mandate | null> {
    return tx.findOne(MandateEntity, { id });
  }

  /** The one charges go through: the valid one, or before any was, the one that waits. */
  current(tx: Tx, subscriptionId: string): Promise<Mandate | null> {
    return tx.together(currentOfAll, subscriptionId);
  }

  /** The latest of all, for showing. */
  latest(tx: Tx, subscriptionId: string): Promise<Mandate | null> {
    return tx.together(latestOfAll, subscriptionId);
  }

  /** The validated mandate takes the place of the one before it. */
  async accept(tx: Tx, mandate: Mandate, method: StoredMethod, at: Date): Promise<void> {
    const before = { subscriptionId: mandate.subscriptionId, status: 'valid' } as const;
    await tx.set(MandateEntity, before, { status: 'revoked', decidedAt: at });
    const { methodId, brand, last4 } = method;
    await tx.set(
      MandateEntity,
      { id: mandate.id },
      { status: 'valid', gatewayMethodId: methodId, brand, last4, decidedAt: at },
    );
  }

  async reject(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.set(MandateEntity, { id, status: 'pending' }, { status: 'rejected', decidedAt: at });
  }

  /** Gives back the authorization that ended with the subscription, when that end was a mistake (6.1.2). */
  async restore(tx: Tx, subscriptionId: string, endedAt: Date): Promise<void> {
    const [last] = await tx.find(
      MandateEntity,
      { subscriptionId, status: 'revoked', decidedAt: endedAt, gatewayMethodId: Not(IsNull()) },
      { order: { id: 'desc' }, take: 1 },
    );
    if (last !== undefined) await tx.set(MandateEntity, { id: last.id }, { status: 'valid' });
  }

  /** Ends every authorization of a subscription that has ended: nothing may be deducted any more. */
  async revokeAll(tx: Tx, subscriptionId: string, at: Date): Promise<void> {
    await tx.set(
      MandateEntity,
      { subscriptionId, status: In(['valid', 'pending']) },
      { status: 'revoked', decidedAt: at },
    );
  }
}

async function currentOfAll(tx: Tx, subscriptionIds: readonly string[]): Promise<(Mandate | null)[]> {
  const open = await tx.find(MandateEntity, { subscriptionId: Any(subscriptionIds), status: In(['valid', 'pending']) });
  return subscriptionIds.map((id) => {
    const own = open.filter(({ subscriptionId }) => subscriptionId === id);
    return own.find(({ status }) => status === 'valid') ?? own[0] ?? null;
  });
}

async function latestOfAll(tx: Tx, subscriptionIds: readonly string[]): Promise<(Mandate | null)[]> {
  const where = { subscriptionId: Any(subscriptionIds) };
  const all = await tx.find(MandateEntity, where, { order: { id: 'desc' } });
  return subscriptionIds.map((id) => {
    const own = all.filter(({ subscriptionId }) => subscriptionId === id);
    const valid = own.find(({ status }) => status === 'valid');
    return valid ?? own.find(({ status }) => status !== 'rejected') ?? own[0] ?? null;
  });
}
