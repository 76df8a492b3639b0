/** Reads and writes subscriptions and terms; decides nothing. What it reads without the lock is a hint. */
import { Injectable } from '@nestjs/common';
import { Any, In } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { LIVE_STATUSES, type Subscription, type SubscriptionStatus, type Term } from '../domain/subscription.js';
import { Database, violatesUnique } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { Clock } from '../platform/time/clock.js';
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
  async insert(tx: Tx, subscription: Subscription): Promise<void> {
    try {
      await tx.insert(SubscriptionEntity, subscription);
    } catch (error) {
      if (!violatesUnique(error, 'one_live_subscription_per_user_and_market')) throw error;
      throw alreadySubscribed(subscription.country);
    }
  }

  /** Locks the row for the rest of the transaction; the first statement of every move. */
  lock(tx: Tx, id: string): Promise<Subscription | null> {
    return tx.findOne(SubscriptionEntity, { id }, { lock: 'wait' });
  }

  /** Locks several rows at once; rows locked by another transaction are left out. */
  async lockFree(tx: Tx, ids: string[]): Promise<Map<string, Subscription>> {
    const free = await tx.find(SubscriptionEntity, { id: Any(ids) }, { order: { id: 'asc' }, lock: 'skip' });
    return new Map(free.map((one) => [one.id, one]));
  }

  /** A saved row is free to be claimed for whatever is due on it next. */
  save(tx: Tx, subscription: Subscription): Promise<void> {
    return tx.update(SubscriptionEntity, subscription);
  }

  /** Refuses `not_found`. */
  async get(id: string): Promise<Subscription> {
    const found = await this.database.reader.findOne(SubscriptionEntity, { id });
    if (found === null) throw subscriptionNotFound(id);
    return found;
  }

  list(
    filter: { userId?: string; country?: string; status?: SubscriptionStatus },
    page: PageQuery,
  ): Promise<Subscription[]> {
    const asked = Object.fromEntries(Object.entries<unknown>(filter).filter(([, value]) => value !== undefined));
    return this.database.reader.find(
      SubscriptionEntity,
      { ...asked, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }

  live(userId: string, country: string, tx = this.database.reader): Promise<Subscription | null> {
    return tx.together(liveOfAll, { userId, country });
  }

  /** The user's latest membership in a market that has ended; a new one names it (3.3.1, 5.1). */
  async latestEnded(tx: Tx, userId: string, country: string): Promise<Subscription | null> {
    const [latest] = await tx.find(
      SubscriptionEntity,
      { userId, country, status: In(['expired', 'canceled', 'revoked', 'discontinued']) },
      { order: { id: 'desc' }, take: 1 },
    );
    return latest ?? null;
  }

  /** Whether the user ever had a trial or paid term, in any market (3.2.1); a temporary membership does not count. */
  async wasMember(tx: Tx, userId: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from terms join subscriptions s on s.id = terms.subscription_id
       where s.user_id = $1 and terms.kind in ('trial', 'paid') limit 1`,
      [userId],
    );
    return rows.length > 0;
  }

  /** One sign-up of a user at a time, until the transaction ends. */
  async lockUser(tx: Tx, userId: string): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [userId]);
  }

  /** Whether another trial of the user has run, or still waits for its payment method, in any market. */
  async hasOtherTrial(tx: Tx, userId: string, subscriptionId: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from subscriptions s where s.user_id = $1 and s.id <> $2
         and (s.start_with = 'trial' and s.ended_at is null
           or exists (select 1 from terms t where t.subscription_id = s.id and t.kind in ('trial', 'paid')))
       limit 1`,
      [userId, subscriptionId],
    );
    return rows.length > 0;
  }

  /** Oldest first. */
  terms(tx: Tx, subscriptionId: string): Promise<Term[]> {
    return tx.together(termsOfAll, subscriptionId);
  }

  /** Newest first. */
  termsPage(subscriptionId: string, page: PageQuery): Promise<Term[]> {
    return this.database.reader.find(
      TermEntity,
      { subscriptionId, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }

  async moveTerm(tx: Tx, term: Term): Promise<void> {
    const { id, startsAt, endsAt, cancellationPeriodEndsAt } = term;
    await tx.set(TermEntity, { id }, { startsAt, endsAt, cancellationPeriodEndsAt });
  }

  /** Removes a term that never began; its charge is returned in full. */
  async removeTerm(tx: Tx, id: string): Promise<void> {
    await tx.delete(TermEntity, { id });
  }

  /** Ids of live subscriptions with a company, oldest first. */
  async contracted(tx: Tx, asked: Contracted & { afterId?: string | null }, max: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `select id from subscriptions where ${CONTRACTED} and ($4::uuid is null or id > $4) order by id limit $5`,
      [...contractedValues(asked), asked.afterId ?? null, max],
    );
    return rows.map(({ id }) => id);
  }

  async countContracted(tx: Tx, asked: Contracted): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from subscriptions where ${CONTRACTED}`,
      contractedValues(asked),
    );
    return row?.count ?? 0;
  }

  insertTerm(tx: Tx, term: Term): Promise<void> {
    return tx.insert(TermEntity, term);
  }
}

async function liveOfAll(
  tx: Tx,
  asked: readonly Pick<Subscription, 'userId' | 'country'>[],
): Promise<(Subscription | null)[]> {
  const userId = Any(asked.map((one) => one.userId));
  const live = await tx.find(SubscriptionEntity, { userId, status: In([...LIVE_STATUSES]) });
  return asked.map((one) => live.find((own) => own.userId === one.userId && own.country === one.country) ?? null);
}

async function termsOfAll(tx: Tx, subscriptionIds: readonly string[]): Promise<Term[][]> {
  const terms = await tx.find(
    TermEntity,
    { subscriptionId: Any(subscriptionIds) },
    { order: { subscriptionId: 'asc', number: 'asc' } },
  );
  return subscriptionIds.map((id) => terms.filter(({ subscriptionId }) => subscriptionId === id));
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
