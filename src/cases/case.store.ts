/** Opens cases in the transaction of the fact, one per subject at a time, and lets operations close them with a reason. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { Outbox } from '../notifications/outbox.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { Metrics } from '../platform/http/metrics.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { CaseEntity } from './case.entity.js';

export interface NewCase {
  kind:
    | 'payment_undecided'
    | 'answer_contradicts'
    | 'refund_failed'
    | 'refund_overdue'
    | 'refund_paid_twice'
    | 'renewal_notice_missing'
    | 'chargeback'
    | 'chargeback_won_after_end'
    | 'settlement_unreadable'
    | 'request_refused'
    | 'gateway_outage'
    | 'refund_found'
    | 'fraud_warning';
  /** Null where it concerns no single membership. */
  subscriptionId: string | null;
  subjectId: string;
  explanation: string;
  data: object;
  openedAt: Date;
  /** The same may happen to the subject again after a person has closed it: then it is opened again. */
  recurs?: true;
}

const OPEN = `
  insert into cases (id, kind, subscription_id, subject_id, explanation, data, opened_at)
  select $1::uuid, $2::text, $3::uuid, $4::uuid, $5::text, $6::jsonb, $7::timestamptz
  where $8::boolean or not exists (select from cases where kind = $2 and subject_id = $4)
  on conflict do nothing returning id`;

const OPEN_BY_KIND = `
  select kind as name, count(*)::int as count from cases where resolved_at is null group by kind`;

@Injectable()
export class CaseStore implements OnModuleInit {
  private readonly kept = new Map<string, (tx: Tx, subjectId: string) => Promise<string | null>>();

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.register({
      name: 'vip_cases_open',
      help: 'cases that wait for a person',
      label: 'kind',
      count: () => this.database.reader.query(OPEN_BY_KIND),
    });
  }

  async open(tx: Tx, opened: NewCase): Promise<void> {
    const id = newId();
    const { kind, subscriptionId, subjectId, explanation, openedAt, data, recurs = false } = opened;
    const values = [id, kind, subscriptionId, subjectId, explanation, JSON.stringify(data), openedAt, recurs];
    const inserted = await tx.query(OPEN, values);
    if (inserted.length === 0) return;
    await this.outbox.append(tx, {
      id: newId(),
      event: 'case.opened',
      subscriptionId,
      occurredAt: openedAt,
      data: { caseId: id, kind, subscriptionId, subjectId, explanation, facts: data },
    });
  }

  /** Closes what settled by itself. */
  close(tx: Tx, subjectId: string, resolution: string, at: Date): Promise<void> {
    return tx.together(closeAll, { subjectId, resolution, at });
  }

  listOpen(page: PageQuery): Promise<CaseEntity[]> {
    return this.database.reader.find(
      CaseEntity,
      { resolvedAt: IsNull(), ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }

  /** Cases of these kinds stay open for as long as `why` says, in words, what has to be done first. */
  keepOpen(kinds: NewCase['kind'][], why: (tx: Tx, subjectId: string) => Promise<string | null>): void {
    for (const kind of kinds) this.kept.set(kind, why);
  }

  /** Refuses `not_found`, then `not_allowed_in_state` when it is closed already, or its cause is still there. */
  async resolve(id: string, resolvedBy: string, resolution: string): Promise<CaseEntity> {
    return this.database.transaction(async (tx) => {
      const found = await tx.findOne(CaseEntity, { id }, { lock: 'wait' });
      if (found === null) throw new Refusal('not_found', `There is no case ${id}.`);
      if (found.resolvedAt !== null) throw new Refusal('not_allowed_in_state', 'The case is closed already.');
      const cause = await this.kept.get(found.kind)?.(tx, found.subjectId);
      if (cause != null) throw new Refusal('not_allowed_in_state', `The case cannot be closed yet: ${cause}`);
      const resolved = { ...found, resolvedAt: await this.clock.now(tx), resolvedBy, resolution };
      await tx.update(CaseEntity, resolved);
      return resolved;
    });
  }
}

async function closeAll(
  tx: Tx,
  settled: readonly { subjectId: string; resolution: string; at: Date }[],
): Promise<void> {
  await tx.query(
    `update cases set resolved_at = s.at, resolved_by = 'gateway', resolution = s.resolution
     from jsonb_to_recordset($1::jsonb) as s ("subjectId" uuid, resolution text, at timestamptz)
     where subject_id = s."subjectId" and resolved_at is null`,
    [JSON.stringify(settled)],
  );
}
