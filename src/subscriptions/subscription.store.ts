/** Reads and writes subscriptions and terms; decides nothing. What it reads without the lock is a hint. */
import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import {
  LIVE_STATUSES,
  type DueMove,
  type Subscription,
  type SubscriptionStatus,
  type Term,
} from '../domain/subscription.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database, violatesUnique } from '../platform/database.js';
import { Refusal } from '../domain/refusal.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { SubscriptionEntity, TermEntity } from './subscription.entity.js';

@Injectable()
export class SubscriptionStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Refuses `already_subscribed` when the user has a live one in the market (3.1.1); the database decides. */
  async insert(tx: EntityManager, subscription: Subscription): Promise<void> {
    try {
      await tx.getRepository(SubscriptionEntity).insert(subscription);
    } catch (error) {
      if (!violatesUnique(error, 'one_live_subscription_per_user_and_market')) throw error;
      throw new Refusal(
        'already_subscribed',
        `The user already has a membership in ${subscription.country}; only one runs at a time.`,
        '3.1.1',
      );
    }
  }

  /** Locks the row for the rest of the transaction; the first statement of every move. */
  lock(tx: EntityManager, id: string): Promise<Subscription | null> {
    return tx.getRepository(SubscriptionEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** A saved row is free to be claimed for whatever is due on it next. */
  async save(tx: EntityManager, subscription: Subscription): Promise<void> {
    const { id, ...facts } = subscription;
    await tx.getRepository(SubscriptionEntity).update({ id }, { ...facts, claimedUntil: null });
  }

  /** Refuses `not_found`. */
  async get(id: string): Promise<Subscription> {
    const found = await this.database.reader.getRepository(SubscriptionEntity).findOneBy({ id });
    if (found === null) throw subscriptionNotFound(id);
    return found;
  }

  list(
    filter: { userId?: string; country?: string; status?: SubscriptionStatus },
    page: PageQuery,
  ): Promise<Subscription[]> {
    const asked = Object.fromEntries(Object.entries<unknown>(filter).filter(([, value]) => value !== undefined));
    return this.database.reader.getRepository(SubscriptionEntity).find({
      where: { ...asked, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  live(userId: string, country: string): Promise<Subscription | null> {
    return this.database.reader
      .getRepository(SubscriptionEntity)
      .findOneBy({ userId, country, status: In([...LIVE_STATUSES]) });
  }

  /** The user's latest membership in a market that has ended; a new one names it (3.3.1, 5.1). */
  async latestEnded(tx: EntityManager, userId: string, country: string): Promise<Subscription | null> {
    const [latest] = await tx.getRepository(SubscriptionEntity).find({
      where: { userId, country, status: In(['expired', 'canceled', 'revoked', 'discontinued']) },
      order: { id: 'desc' },
      take: 1,
    });
    return latest ?? null;
  }

  /** Whether the user ever had a trial or paid term, in any market (3.2.1). */
  async wasMember(tx: EntityManager, userId: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `select 1 from terms join subscriptions s on s.id = terms.subscription_id where s.user_id = $1 limit 1`,
      [userId],
    );
    return rows.length > 0;
  }

  /** Oldest first. */
  terms(tx: EntityManager, subscriptionId: string): Promise<Term[]> {
    return tx.getRepository(TermEntity).find({ where: { subscriptionId }, order: { number: 'asc' } });
  }

  /** Newest first. */
  termsPage(subscriptionId: string, page: PageQuery): Promise<Term[]> {
    return this.database.reader.getRepository(TermEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  async insertTerm(tx: EntityManager, term: Term): Promise<void> {
    await tx.getRepository(TermEntity).insert(term);
  }

  /** Ids on which the move is due now, kept from other sweeps for a while. */
  async claimDue(move: DueMove, max: number): Promise<string[]> {
    const values = [move, await this.clock.now()];
    const due = 'due_move = $1 and due_at <= $2';
    return claimRows(this.database.reader, { table: 'subscriptions', due, orderBy: 'due_at', values }, max);
  }
}

export function subscriptionNotFound(id: string): Refusal {
  return new Refusal('not_found', `There is no subscription ${id}.`);
}
