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
import { NoticeEntity } from './notice.entity.js';

export type ProvenNotice = NoticeEntity & { deliveredAt: Date | null };

/** A notice given in one term, of what follows it. */
export interface GivenNotice {
  at: Date;
  deliveredAt: Date | null;
  amountMinor: number;
  currency: string;
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
    return tx.query(
      `select n.given_at as at, e.acknowledged_at as "deliveredAt",
         (n.content->'amount'->>'amount')::int8 as "amountMinor", n.content->'amount'->>'currency' as currency
       from notices n join outbox_events e on e.id = n.event_id
       where n.subscription_id = $1 and n.given_at >= $2 and n.kind in ('trial_ending', 'renewal_upcoming', 'price_change')
         and n.content->'amount' <> 'null' order by n.given_at, n.id`,
      [subscriptionId, startsAt],
    );
  }

  /** Cancels what was planned and is not in the plan, and plans what is new in it. Nothing told is told again. */
  async keepPlan(
    tx: EntityManager,
    subscriptionId: string,
    termEndsAt: Date,
    plan: (PlannedNotice & { content: NoticeContent })[],
  ): Promise<void> {
    const kept = plan.map(({ kind, daysBefore }) => `${kind} ${daysBefore}`);
    await tx.query(
      `update notices set status = 'canceled', claimed_until = null where subscription_id = $1 and status = 'planned'
         and not (term_ends_at = $2 and kind || ' ' || days_before = any($3))`,
      [subscriptionId, termEndsAt, kept],
    );
    if (plan.length === 0) return;
    await tx.query(
      `insert into notices (id, subscription_id, kind, term_ends_at, days_before, status, due_at, until, content)
       select id, $2, kind, $3, days_before, 'planned', due_at, until, content
       from unnest($1::uuid[], $4::text[], $5::int[], $6::timestamptz[], $7::timestamptz[], $8::jsonb[])
         as planned (id, kind, days_before, due_at, until, content)
       on conflict (subscription_id, kind, term_ends_at, days_before) where days_before is not null
       do update set status = 'planned' where notices.status = 'canceled'`,
      [
        plan.map(() => newId()),
        subscriptionId,
        termEndsAt,
        plan.map(({ kind }) => kind),
        plan.map(({ daysBefore }) => daysBefore),
        plan.map(({ dueAt }) => dueAt),
        plan.map(({ until }) => until),
        plan.map(({ content }) => JSON.stringify(content)),
      ],
    );
  }

  async insert(tx: EntityManager, notices: NoticeEntity | NoticeEntity[]): Promise<void> {
    await tx.getRepository(NoticeEntity).insert(notices);
  }

  /** Cancels everything planned for these subscriptions: no term follows theirs. */
  async cancelPlanned(tx: EntityManager, subscriptionIds: string[]): Promise<void> {
    await tx.query(
      `update notices set status = 'canceled', claimed_until = null where status = 'planned' and subscription_id = any($1)`,
      [subscriptionIds],
    );
  }

  async save(tx: EntityManager, { id, ...facts }: NoticeEntity): Promise<void> {
    await tx.getRepository(NoticeEntity).update({ id }, facts);
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
