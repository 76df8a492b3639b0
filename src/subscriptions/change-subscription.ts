/**
 * The one way a subscription changes: one short transaction that locks it first, reads everything again, lets the flow
 * decide, and saves with what is due next and the lines of the timeline. A refusal is kept on the timeline too. What
 * workers change at the same time shares a transaction.
 */
import { Injectable, Logger } from '@nestjs/common';
import { benefitsUntil, nextDue } from '../domain/due.js';
import { Refusal } from '../domain/refusal.js';
import type { RulePack } from '../domain/rule-pack.js';
import { isLive, type Actor, type Subscription } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { Batches } from '../platform/database/batches.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { Change } from './change.js';
import { factsOf } from './keep-notices.js';
import { MandateStore } from './mandate.store.js';
import { RecordChange } from './record-change.js';
import { subscriptionNotFound, SubscriptionStore } from './subscription.store.js';

// While one batch waits for the database, another is decided.
const BATCHES = { size: 50, atOnce: 2 };

// All changes of a batch wait for what one of them waits for; a change in its own transaction may wait longer.
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
  private readonly batches = new Batches<Asked>(BATCHES, (batch) => this.changeBatch(batch));

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

  /** A change runs in its own transaction if its row is locked elsewhere, or if any change of the batch failed. */
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
        // Wait for all of them: none may still use a transaction that has ended.
        for (const one of await Promise.allSettled(decided)) if (one.status === 'rejected') throw one.reason;
      });
      return done;
    } catch (error) {
      // Each change then runs in its own transaction, where its refusal or error is its own.
      this.logger.debug(`${batch.length} changes run in their own transactions: ${String(error)}`);
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

/** A term bought early has reached its start and its job has not run yet: another change leaves that job due. */
function termWaitsToBegin(change: Change): boolean {
  const { dueMove, dueAt, status } = change.subscription;
  const begins = dueMove === 'begin_term' && dueAt !== null && dueAt <= change.now;
  return begins && status === 'active' && !change.hasMade('begin_next_term');
}

/** The change is committed, whether or not what follows it succeeds. */
function settle({ change, result }: Done<unknown>, resolve: Asked['resolve'], reject: Asked['reject']): void {
  try {
    change.committed();
    resolve(result as never);
  } catch (error) {
    reject(error);
  }
}
