/** Reads and writes notices and the proof that they were told; decides nothing. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { NoticeContent, PlannedNotice } from '../domain/notice.js';
import type { Term } from '../domain/subscription.js';
import { claimRows } from '../platform/claim.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { insertRows, updateRows } from '../platform/rows.js';
import { together } from '../platform/together.js';
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
    const rows = await reader.getRepository(NoticeEntity).find({
      where: { subscriptionId, ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
    const taken = await reader.query<{ id: string; at: Date }[]>(
      'select id, acknowledged_at as at from outbox_events where id = any($1) and acknowledged_at is not null',
      [rows.map((row) => row.eventId).filter((id) => id !== null)],
    );
    const takenAt = new Map(taken.map(({ id, at }) => [id, at]));
    return rows.map((row) => ({ ...row, deliveredAt: takenAt.get(row.eventId ?? '') ?? null }));
  }

  /** What the member was told in this term of what follows it, with an amount, oldest first; its end may have moved since. */
  given(tx: EntityManager, subscriptionId: string, { startsAt }: Pick<Term, 'startsAt'>): Promise<GivenNotice[]> {
    return together(tx, givenIn, { subscriptionId, startsAt });
  }

  /** Cancels what was planned and is not in the plan, and plans what is new in it. Nothing told is told again. */
  keepPlan(tx: EntityManager, plan: NoticePlan): Promise<void> {
    return together(tx, keepPlans, plan);
  }

  insert(tx: EntityManager, notices: NoticeEntity[]): Promise<void> {
    return together(tx, insertAll, notices);
  }

  /** Cancels everything planned for these subscriptions: no term follows theirs. */
  async cancelPlanned(tx: EntityManager, subscriptionIds: string[]): Promise<void> {
    await tx.query(
      `update notices set status = 'canceled', claimed_until = null where status = 'planned' and subscription_id = any($1)`,
      [subscriptionIds],
    );
  }

  save(tx: EntityManager, notice: NoticeEntity): Promise<void> {
    return together(tx, saveAll, notice);
  }

  /** Planned ones whose day has come, oldest first. */
  planned(tx: EntityManager, subscriptionId: string, now: Date): Promise<NoticeEntity[]> {
    return tx
      .getRepository(NoticeEntity)
      .createQueryBuilder('notice')
      .where(`notice.subscriptionId = :subscriptionId and notice.status = 'planned' and notice.dueAt <= :now`)
      .setParameters({ subscriptionId, now })
      .orderBy('notice.dueAt')
      .addOrderBy('notice.id')
      .getMany();
  }

  async subscriptionOf(id: string): Promise<string> {
    return (await this.database.reader.getRepository(NoticeEntity).findOneByOrFail({ id })).subscriptionId;
  }

  async claimDue(max: number): Promise<string[]> {
    const values = [await this.clock.now()];
    const due = `status = 'planned' and due_at <= $1`;
    return claimRows(this.database.reader, { table: 'notices', due, orderBy: 'due_at', values }, max);
  }
}

interface InTerm {
  subscriptionId: string;
  startsAt: Date;
}

async function givenIn(tx: EntityManager, terms: readonly InTerm[]): Promise<GivenNotice[][]> {
  const rows = await tx.query<(GivenNotice & { place: number })[]>(
    `select term.place::int, n.given_at as at, e.acknowledged_at as "deliveredAt",
       (n.content->'amount'->>'amount')::int8 as "amountMinor", n.content->'amount'->>'currency' as currency
     from unnest($1::uuid[], $2::timestamptz[]) with ordinality as term (subscription_id, starts_at, place)
     join notices n on n.subscription_id = term.subscription_id and n.given_at >= term.starts_at
     join outbox_events e on e.id = n.event_id
     where n.kind in ('trial_ending', 'renewal_upcoming', 'price_change') and n.content->'amount' <> 'null'
     order by n.given_at, n.id`,
    [terms.map(({ subscriptionId }) => subscriptionId), terms.map(({ startsAt }) => startsAt)],
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

async function keepPlans(tx: EntityManager, plans: readonly NoticePlan[]): Promise<void> {
  const kept = plans.map(({ subscriptionId, termEndsAt, planned }) => ({
    ...{ subscriptionId, termEndsAt },
    kept: planned.map(({ kind, daysBefore }) => `${kind} ${daysBefore}`),
  }));
  await tx.query(CANCEL, [JSON.stringify(kept)]);
  const planned = plans.flatMap(({ planned, ...of }) => planned.map((one) => ({ id: newId(), ...of, ...one })));
  if (planned.length > 0) await tx.query(PLAN, [JSON.stringify(planned)]);
}

function saveAll(tx: EntityManager, notices: readonly NoticeEntity[]): Promise<void> {
  return updateRows(tx, NoticeEntity, notices);
}

function insertAll(tx: EntityManager, notices: readonly NoticeEntity[][]): Promise<void> {
  return insertRows(tx, NoticeEntity, notices.flat());
}
