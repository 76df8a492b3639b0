/**
 * The one way a subscription changes: one short transaction that locks it first, reads everything again, lets the flow
 * decide, and saves with what is due next and the lines of the timeline. A refusal is kept on the timeline too.
 */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { benefitsUntil, nextDue } from '../domain/due.js';
import { Refusal } from '../domain/refusal.js';
import { isLive, type Actor, type Subscription } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { Change } from './change.js';
import { factsOf } from './keep-notices.js';
import { MandateStore } from './mandate.store.js';
import { RecordChange } from './record-change.js';
import { subscriptionNotFound, SubscriptionStore } from './subscription.store.js';

@Injectable()
export class ChangeSubscription {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly mandates: MandateStore,
    private readonly record: RecordChange,
    private readonly markets: MarketStore,
  ) {}

  /** Refuses `not_found`, then whatever `decide` refuses. */
  async run<T>(id: string, actor: Actor, decide: (change: Change) => Promise<T>): Promise<T> {
    try {
      return await this.commit(actor, decide, async (tx) => {
        const subscription = await this.subscriptions.lock(tx, id);
        if (subscription === null) throw subscriptionNotFound(id);
        return subscription;
      });
    } catch (error) {
      if (error instanceof Refusal && error.code !== 'not_found') await this.keepRefusal(id, actor, error);
      throw error;
    }
  }

  /** The same for a subscription that is just beginning; refuses `already_subscribed`. */
  begin<T>(subscription: Subscription, actor: Actor, decide: (change: Change) => Promise<T>): Promise<T> {
    return this.commit(actor, decide, async (tx) => {
      const fresh = { ...subscription };
      await this.subscriptions.insert(tx, fresh);
      return fresh;
    });
  }

  private async commit<T>(
    actor: Actor,
    decide: (change: Change) => Promise<T>,
    take: (tx: EntityManager) => Promise<Subscription>,
  ): Promise<T> {
    const { result, change } = await this.database.transaction(async (tx) => {
      const subscription = await take(tx);
      const terms = await this.subscriptions.terms(tx, subscription.id);
      const change = new Change(tx, subscription, terms, await this.clock.now(tx), actor);
      const wasLive = isLive(subscription.status);
      const before = factsOf(change);
      const result = await decide(change);
      if (wasLive || isLive(subscription.status)) await this.save(change);
      await this.record.run(change, before);
      return { result, change };
    });
    change.committed();
    return result;
  }

  private async save(change: Change): Promise<void> {
    const { tx, subscription, lastTerm } = change;
    if (!termWaitsToBegin(change)) {
      const due = nextDue(subscription, lastTerm, change.now);
      subscription.dueMove = due.move;
      subscription.dueAt = due.at;
    }
    subscription.benefitsUntil = await this.benefitsUntil(change);
    await this.subscriptions.save(tx, subscription);
    if (!isLive(subscription.status)) await this.mandates.revokeAll(tx, subscription.id, change.now);
  }

  private async benefitsUntil({ tx, subscription, lastTerm }: Change): Promise<Date | null> {
    if (lastTerm === null) return null;
    const { endedAt, country, chargeProgress } = subscription;
    if (endedAt !== null) return endedAt < lastTerm.endsAt ? endedAt : lastTerm.endsAt;
    const pack = await this.markets.rulePack(tx, country, lastTerm.rulePackVersion);
    return benefitsUntil(lastTerm, chargeProgress !== 'none', pack);
  }

  private async keepRefusal(id: string, actor: Actor, refusal: Refusal): Promise<void> {
    await this.record.refusal(this.database.reader, id, {
      id: newId(),
      at: await this.clock.now(),
      actor,
      event: 'refused',
      clause: refusal.clause ?? null,
      explanation: refusal.message,
      data: { code: refusal.code },
    });
  }
}

/** A term bought early has reached its start, and its worker has not come yet: whoever comes first leaves it due. */
function termWaitsToBegin(change: Change): boolean {
  const { dueMove, dueAt, status } = change.subscription;
  const begins = dueMove === 'begin_term' && dueAt !== null && dueAt <= change.now;
  return begins && status === 'active' && !change.hasMade('begin_next_term');
}
