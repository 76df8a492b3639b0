/** Opens cases in the transaction of the fact, once per subject, and lets operations close them with a reason. */
import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { Outbox } from '../platform/outbox.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/page.js';
import { CaseEntity } from './case.entity.js';

export interface NewCase {
  kind: 'payment_undecided' | 'answer_contradicts' | 'refund_failed' | 'renewal_notice_missing';
  subscriptionId: string;
  subjectId: string;
  explanation: string;
  data: object;
  openedAt: Date;
}

@Injectable()
export class CaseStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  async open(tx: EntityManager, opened: NewCase): Promise<void> {
    const id = newId();
    const inserted = await tx
      .createQueryBuilder()
      .insert()
      .into(CaseEntity)
      .values({ id, ...opened })
      .orIgnore()
      .returning('id')
      .execute();
    if ((inserted.raw as unknown[]).length === 0) return;
    const { kind, subscriptionId, subjectId, explanation, openedAt, data } = opened;
    await this.outbox.append(tx, {
      id: newId(),
      event: 'case.opened',
      subscriptionId,
      occurredAt: openedAt,
      data: { caseId: id, kind, subscriptionId, subjectId, explanation, facts: data },
    });
  }

  /** Closes what settled by itself. */
  async close(tx: EntityManager, subjectId: string, resolution: string, at: Date): Promise<void> {
    await tx
      .getRepository(CaseEntity)
      .update({ subjectId, resolvedAt: IsNull() }, { resolvedAt: at, resolvedBy: 'gateway', resolution });
  }

  listOpen(page: PageQuery): Promise<CaseEntity[]> {
    return this.database.reader.getRepository(CaseEntity).find({
      where: { resolvedAt: IsNull(), ...afterCursor(page) },
      order: { id: 'desc' },
      take: limitOf(page) + 1,
    });
  }

  /** Refuses `not_found`, then `not_allowed_in_state` when it is closed already. */
  async resolve(id: string, resolvedBy: string, resolution: string): Promise<CaseEntity> {
    return this.database.transaction(async (tx) => {
      const found = await tx.getRepository(CaseEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (found === null) throw new Refusal('not_found', `There is no case ${id}.`);
      if (found.resolvedAt !== null) throw new Refusal('not_allowed_in_state', 'The case is closed already.');
      return tx
        .getRepository(CaseEntity)
        .save({ ...found, resolvedAt: await this.clock.now(tx), resolvedBy, resolution });
    });
  }
}
