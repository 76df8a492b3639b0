/**
 * The one way a subscription changes: one short transaction that locks it first, reads everything again, lets the flow
 * decide, and saves with what is due next and the lines of the timeline. A refusal is kept on the timeline too. What
 * workers change at the same time shares a transaction.
 */
import { Injectable, Logger } from '@nestjs/common';
import { benefitsUntil, nextDue } from '../domain/due.js';
import { Refusal } from '../domain/refusal.js';
import { isLive, type Actor, type Subscription } from '../domain/subscription.js';
import type { RulePack } from '../domain/rule-pack.js';
import { MarketStore } from '../markets/market.store.js';
import { Batches } from '../platform/database/batches.js';
import { Clock } from '../platform/time/clock.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { Change } from './change.js';
import { factsOf } from './keep-notices.js';
import { MandateStore } from './mandate.store.js';
import { RecordChange } from './record-change.js';
import { subscriptionNotFound, SubscriptionStore } from './subscription.store.js';
import type { Tx } from '../platform/database/tx.js';

// While one batch waits for the database, another is decided.
const TOGETHER = { size: 50, atOnce: 2 };

// What one of them waits for, all of them wait for; alone it may take its time.
const WAITS_SHORTLY = `set local lock_timeout = '500ms'`;

type Decide<T> = (change: Change) => Promise<T>;

interface Asked {
  id: string;
  actor: Actor;
  decide: Decide<unknown>;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

interface Done<T> {
  result: T;
  change: Change;
}

@Injectable()
export class ChangeSubscription {
  private readonly logger = new Logger('changes');
  private readonly batches = new Batches<Asked>(TOGETHER, (batch) => this.changeBatch(batch));

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly mandates: MandateStore,
    private readonly recordChange: RecordChange,
    private readonly markets: MarketStore,
  ) {}

  /** Refuses `not_found`, then whatever `decide` refuses. `decide` may run again when a race was lost. */
  change<T>(id: string, actor: Actor, decide: Decide<T>): Promise<T> {
    if (actor !== 'scheduler' && actor !== 'gateway') return this.changeAlone(id, actor, decide);
    return new Promise((resolve, reject) => this.batches.add({ id, actor, decide, resolve, reject }));
  }

  /** The same for a subscription that is just beginning; refuses `already_subscribed`. */
  async begin<T>(subscription: Subscription, actor: Actor, decide: Decide<T>): Promise<T> {
    const { result, change } = await this.database.transaction(async (tx) => {
      const fresh = { ...subscription };
      await this.subscriptions.insert(tx, fresh);
      return this.decide(tx, fresh, await this.clock.now(tx), actor, decide);
    });
    change.committed();
    return result;
  }

  private async changeAlone<T>(id: string, actor: Actor, decide: Decide<T>): Promise<T> {
    try {
      const { result, change } = await this.database.transaction(async (tx) => {
        const subscription = await this.subscriptions.lock(tx, id);
        if (subscription === null) throw subscriptionNotFound(id);
        return this.decide(tx, subscription, await this.clock.now(tx), actor, decide);
      });
      change.committed();
      return result;
    } catch (error) {
      if (error instanceof Refusal && error.code !== 'not_found') await this.keepRefusal(id, actor, error);
      throw error;
    }
  }

  /** Who cannot go with the others goes alone: one that somebody else holds, or all when one of them fails. */
  private async changeBatch(batch: Asked[]): Promise<void> {
    const done = batch.length === 1 ? new Map<string, Done<unknown>>() : await this.decideBatch(batch);
    for (const { id, actor, decide, resolve, reject } of batch) {
      const own = done.get(id);
      if (own === undefined) this.changeAlone(id, actor, decide).then(resolve as (result: unknown) => void, reject);
      else settle(own, resolve, reject);
    }
  }

  private async decideBatch(batch: Asked[]): Promise<Map<string, Done<unknown>>> {
    const done = new Map<string, Done<unknown>>();
    try {
      await this.database.batch(async (tx) => {
        await tx.query(WAITS_SHORTLY);
        const ids = batch.map(({ id }) => id);
        const locked = await this.subscriptions.lockFree(tx, ids);
        const now = await this.clock.now(tx);
        const decided = batch.map(async ({ id, actor, decide }) => {
          const subscription = locked.get(id);
          if (subscription !== undefined) done.set(id, await this.decide(tx, subscription, now, actor, decide));
        });
        // None is left working on a transaction that is over.
        for (const one of await Promise.allSettled(decided)) if (one.status === 'rejected') throw one.reason;
      });
      return done;
    } catch (error) {
      // Each finds out alone what stood in the way.
      this.logger.debug(`${batch.length} go alone: ${String(error)}`);
      return new Map();
    }
  }

  private async decide<T>(
    tx: Tx,
    subscription: Subscription,
    now: Date,
    actor: Actor,
    decide: Decide<T>,
  ): Promise<Done<T>> {
    const terms = await this.subscriptions.terms(tx, subscription.id);
    const change = new Change(tx, subscription, terms, now, actor);
    const wasLive = isLive(subscription.status);
    const before = factsOf(change);
    const result = await decide(change);
    if (wasLive || isLive(subscription.status)) await this.save(change);
    await this.recordChange.record(change, before);
    return { result, change };
  }

  private async save(change: Change): Promise<void> {
    const { tx, subscription, lastTerm } = change;
    const pack =
      lastTerm === null ? null : await this.markets.rulePack(tx, subscription.country, lastTerm.rulePackVersion);
    if (!termWaitsToBegin(change)) {
      const due = nextDue(subscription, lastTerm, change.now, pack);
      subscription.dueMove = due.move;
      subscription.dueAt = due.at;
    }
    subscription.benefitsUntil = pack === null ? null : benefitsOf(change, pack);
    await this.subscriptions.save(tx, subscription);
    if (!isLive(subscription.status)) await this.mandates.revokeAll(tx, subscription.id, change.now);
  }

  private async keepRefusal(id: string, actor: Actor, refusal: Refusal): Promise<void> {
    await this.recordChange.refusal(this.database.reader, id, {
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

/** An end cuts them short; it never makes them longer. */
function benefitsOf({ subscription, lastTerm }: Change, pack: RulePack): Date | null {
  const { endedAt, chargeProgress } = subscription;
  const until = benefitsUntil(lastTerm, chargeProgress !== 'none', pack);
  if (endedAt === null || lastTerm === null) return until;
  return endedAt < lastTerm.endsAt ? endedAt : lastTerm.endsAt;
}

/** A term bought early has reached its start, and its worker has not come yet: whoever comes first leaves it due. */
function termWaitsToBegin(change: Change): boolean {
  const { dueMove, dueAt, status } = change.subscription;
  const begins = dueMove === 'begin_term' && dueAt !== null && dueAt <= change.now;
  return begins && status === 'active' && !change.hasMade('begin_next_term');
}

/** It is committed, whatever becomes of what follows. */
function settle({ change, result }: Done<unknown>, resolve: Asked['resolve'], reject: Asked['reject']): void {
  try {
    change.committed();
    resolve(result as never);
  } catch (error) {
    reject(error);
  }
}
