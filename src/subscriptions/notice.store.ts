/** Reads and writes notices and the proof that they were told; decides nothing. */
import { Injectable } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { PRICE_NOTICES, type NoticeContent, type PlannedNotice } from '../domain/notice.js';
import type { Term } from '../domain/subscription.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { NoticeEntity } from './notice.entity.js';

export type ProvenNotice = NoticeEntity & { deliveredAt: Date | null };

/** A notice given in one term, of what follows it. */
export interface GivenNotice {
  at: Date;
  deliveredAt: Date | null;
  amountMinor: number;
  currency: string;
}

/** What a subscription's member is still to be told of what follows a term. */
export interface NoticePlan {
  subscriptionId: string;
  termEndsAt: Date;
  planned: (PlannedNotice & { content: NoticeContent })[];
}

@Injectable()
export class NoticeStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Newest first, with when each was taken. */
  async list(subscriptionId: string, page: PageQuery): Promise<ProvenNotice[]> {
    const { reader } = this.database;
    const rows = await reader.find(
      NoticeEntity,
      { subscriptionId, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
    const taken = await reader.query<{ id: string; at: Date }>(
      'select id, acknowledged_at as at from outbox_events where id = any($1) and acknowledged_at is not null',
      [rows.map((row) => row.eventId).filter((id) => id !== null)],
    );
    const takenAt = new Map(taken.map(({ id, at }) => [id, at]));
    return rows.map((row) => ({ ...row, deliveredAt: takenAt.get(row.eventId ?? '') ?? null }));
  }

  /** What the member was told in this term of what follows it, with an amount, oldest first; its end may have moved since. */
  given(tx: Tx, subscriptionId: string, { startsAt }: Pick<Term, 'startsAt'>): Promise<GivenNotice[]> {
    return tx.together(givenIn, { subscriptionId, startsAt });
  }

  /** Cancels what was planned and is not in the plan, and plans what is new in it. Nothing told is told again. */
  keepPlan(tx: Tx, plan: NoticePlan): Promise<void> {
    return tx.together(keepPlans, plan);
  }

  insert(tx: Tx, notices: NoticeEntity[]): Promise<void> {
    return tx.insert(NoticeEntity, notices);
  }

  /** Cancels everything planned for these subscriptions: no term follows theirs. */
  async cancelPlanned(tx: Tx, subscriptionIds: string[]): Promise<void> {
    await tx.query(
      `update notices set status = 'canceled', claimed_until = null where status = 'planned' and subscription_id = any($1)`,
      [subscriptionIds],
    );
  }

  save(tx: Tx, notice: NoticeEntity): Promise<void> {
    return tx.update(NoticeEntity, notice);
  }

  /** Planned ones whose day has come, oldest first. */
  planned(tx: Tx, subscriptionId: string, now: Date): Promise<NoticeEntity[]> {
    const due = { subscriptionId, status: 'planned', dueAt: LessThanOrEqual(now) } as const;
    return tx.find(NoticeEntity, due, { order: { dueAt: 'asc', id: 'asc' } });
  }

  async subscriptionOf(id: string): Promise<string> {
    return (await this.database.reader.require(NoticeEntity, { id })).subscriptionId;
  }
}

interface InTerm {
  subscriptionId: string;
  startsAt: Date;
}

async function givenIn(tx: Tx, terms: readonly InTerm[]): Promise<GivenNotice[][]> {
  const rows = await tx.query<GivenNotice & { place: number }>(
    `select term.place::int, n.given_at as at, e.acknowledged_at as "deliveredAt",
       (n.content->'amount'->>'amount')::int8 as "amountMinor", n.content->'amount'->>'currency' as currency
     from unnest($1::uuid[], $2::timestamptz[]) with ordinality as term (subscription_id, starts_at, place)
     join notices n on n.subscription_id = term.subscription_id and n.given_at >= term.starts_at
     join outbox_events e on e.id = n.event_id
     where n.kind = any($3) and n.content->'amount' <> 'null'
     order by n.given_at, n.id`,
    [terms.map(({ subscriptionId }) => subscriptionId), terms.map(({ startsAt }) => startsAt), PRICE_NOTICES],
  );
  return terms.map((_, index) =>
    rows.filter(({ place }) => place === index + 1).map(({ place: _, ...given }) => given),
  );
}

const CANCEL = `
  update notices n set status = 'canceled', claimed_until = null
  from jsonb_to_recordset($1::jsonb) as p ("subscriptionId" uuid, "termEndsAt" timestamptz, kept text[])
  where n.subscription_id = p."subscriptionId" and n.status = 'planned'
    and not (n.term_ends_at = p."termEndsAt" and n.kind || ' ' || n.days_before = any(p.kept))`;

const PLAN = `
  insert into notices (id, subscription_id, kind, term_ends_at, days_before, status, due_at, until, content)
  select id, "subscriptionId", kind, "termEndsAt", "daysBefore", 'planned', "dueAt", until, content
  from jsonb_to_recordset($1::jsonb) as p (id uuid, "subscriptionId" uuid, kind text, "termEndsAt" timestamptz,
    "daysBefore" integer, "dueAt" timestamptz, until timestamptz, content jsonb)
  on conflict (subscription_id, kind, term_ends_at, days_before) where days_before is not null
  do update set status = 'planned' where notices.status = 'canceled'`;

async function keepPlans(tx: Tx, plans: readonly NoticePlan[]): Promise<void> {
  const kept = plans.map(({ subscriptionId, termEndsAt, planned }) => ({
    ...{ subscriptionId, termEndsAt },
    kept: planned.map(({ kind, daysBefore }) => `${kind} ${daysBefore}`),
  }));
  await tx.query(CANCEL, [JSON.stringify(kept)]);
  const planned = plans.flatMap(({ planned, ...of }) => planned.map((one) => ({ id: newId(), ...of, ...one })));
  if (planned.length > 0) await tx.query(PLAN, [JSON.stringify(planned)]);
}
