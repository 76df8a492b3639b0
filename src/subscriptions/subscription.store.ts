/** Reads and writes subscriptions and terms; decides nothing. What it reads without the lock is a hint. */
import { Injectable } from '@nestjs/common';
import { Any, In, type EntityManager } from 'typeorm';
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
import { insertRows, updateClaimed } from '../platform/rows.js';
import { together } from '../platform/together.js';
import { SubscriptionEntity, TermEntity } from './subscription.entity.js';

/** Live subscriptions with a company: of one country of residence, or of all; signed up since an instant, or ever. */
export interface Contracted {
  entity: string;
  residenceCountry: string | null;
  createdSince?: Date;
}

const CONTRACTED = `ended_at is null
  and contracting_entities @> jsonb_build_array(jsonb_build_object('name', $1::text))
  and ($2::text is null or residence_country = $2) and ($3::timestamptz is null or created_at >= $3)`;

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
      throw alreadySubscribed(subscription.country);
    }
  }

  /** Locks the row for the rest of the transaction; the first statement of every move. */
  lock(tx: EntityManager, id: string): Promise<Subscription | null> {
    return tx.getRepository(SubscriptionEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The same of several; those that somebody else holds are left out. */
  async lockFree(tx: EntityManager, ids: string[]): Promise<Map<string, Subscription>> {
    const free = await tx.getRepository(SubscriptionEntity).find({
      where: { id: Any(ids) },
      order: { id: 'asc' },
      lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
    });
    return new Map(free.map((one) => [one.id, one]));
  }

  /** A saved row is free to be claimed for whatever is due on it next. */
  save(tx: EntityManager, subscription: Subscription): Promise<void> {
    return together(tx, saveAll, subscription);
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

  live(userId: string, country: string, tx = this.database.reader): Promise<Subscription | null> {
    return together(tx, liveOfAll, { userId, country });
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

  /** Whether the user ever had a trial or paid term, in any market (3.2.1); a temporary membership does not count. */
  async wasMember(tx: EntityManager, userId: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `select 1 from terms join subscriptions s on s.id = terms.subscription_id
       where s.user_id = $1 and terms.kind in ('trial', 'paid') limit 1`,
      [userId],
    );
    return rows.length > 0;
  }

  /** One sign-up of a user at a time, until the transaction ends. */
  async lockUser(tx: EntityManager, userId: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [userId]);
  }

  /** Whether another trial of the user has run, or still waits for its payment method, in any market. */
  async hasOtherTrial(tx: EntityManager, userId: string, subscriptionId: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `select 1 from subscriptions s where s.user_id = $1 and s.id <> $2
         and (s.start_with = 'trial' and s.ended_at is null
           or exists (select 1 from terms t where t.subscription_id = s.id and t.kind in ('trial', 'paid')))
       limit 1`,
      [userId, subscriptionId],
    );
    return rows.length > 0;
  }

  /** Oldest first. */
  terms(tx: EntityManager, subscriptionId: string): Promise<Term[]> {
    return together(tx, termsOfAll, subscriptionId);
  }

  /** Newest first. */
  termsPage(subscriptionId: string, page: PageQuery): Promise<Term[]> {
    return this.database.reader.getRepository(TermEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  async moveTerm(tx: EntityManager, term: Term): Promise<void> {
    const { id, startsAt, endsAt, cancellationPeriodEndsAt } = term;
    await tx.getRepository(TermEntity).update({ id }, { startsAt, endsAt, cancellationPeriodEndsAt });
  }

  /** Takes back a term that never began; its charge is returned in full. */
  async removeTerm(tx: EntityManager, id: string): Promise<void> {
    await tx.getRepository(TermEntity).delete({ id });
  }

  /** Ids of live subscriptions with a company, oldest first. */
  async contracted(tx: EntityManager, asked: Contracted & { afterId?: string | null }, max: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `select id from subscriptions where ${CONTRACTED} and ($4::uuid is null or id > $4) order by id limit $5`,
      [...contractedValues(asked), asked.afterId ?? null, max],
    );
    return rows.map(({ id }) => id);
  }

  async countContracted(tx: EntityManager, asked: Contracted): Promise<number> {
    const [row] = await tx.query<{ count: number }[]>(
      `select count(*)::int as count from subscriptions where ${CONTRACTED}`,
      contractedValues(asked),
    );
    return row?.count ?? 0;
  }

  insertTerm(tx: EntityManager, term: Term): Promise<void> {
    return together(tx, insertTerms, term);
  }

  /** Ids on which the move is due now, kept from other sweeps for a while. */
  async claimDue(move: DueMove, max: number): Promise<string[]> {
    const values = [move, await this.clock.now()];
    const due = 'due_move = $1 and due_at <= $2';
    return claimRows(this.database.reader, { table: 'subscriptions', due, orderBy: 'due_at', values }, max);
  }
}

function saveAll(tx: EntityManager, subscriptions: readonly Subscription[]): Promise<void> {
  return updateClaimed(tx, SubscriptionEntity, subscriptions);
}

async function liveOfAll(
  tx: EntityManager,
  asked: readonly Pick<Subscription, 'userId' | 'country'>[],
): Promise<(Subscription | null)[]> {
  const userId = Any(asked.map((one) => one.userId));
  const live = await tx.getRepository(SubscriptionEntity).findBy({ userId, status: In([...LIVE_STATUSES]) });
  return asked.map((one) => live.find((own) => own.userId === one.userId && own.country === one.country) ?? null);
}

async function termsOfAll(tx: EntityManager, subscriptionIds: readonly string[]): Promise<Term[][]> {
  const terms = await tx.getRepository(TermEntity).find({
    where: { subscriptionId: Any(subscriptionIds) },
    order: { subscriptionId: 'asc', number: 'asc' },
  });
  return subscriptionIds.map((id) => terms.filter(({ subscriptionId }) => subscriptionId === id));
}

function insertTerms(tx: EntityManager, terms: readonly Term[]): Promise<void> {
  return insertRows(tx, TermEntity, terms);
}

function contractedValues({ entity, residenceCountry, createdSince }: Contracted): unknown[] {
  return [entity, residenceCountry, createdSince ?? null];
}

export function subscriptionNotFound(id: string): Refusal {
  return new Refusal('not_found', `There is no subscription ${id}.`);
}

export function alreadySubscribed(country: string): Refusal {
  return new Refusal(
    'already_subscribed',
    `The user already has a membership in ${country}; only one runs at a time.`,
    '3.1.1',
  );
}
