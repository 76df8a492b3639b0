/**
 * Finds refunds of all memberships for finance, by state, age, deadline, basis and market. It reads only; the same query
 * serves the list and whatever streams it.
 */
import { Injectable } from '@nestjs/common';
import { plusDays } from '../domain/instant.js';
import { ageDays, isOverdue, type Refund } from '../domain/refund.js';
import { Refusal } from '../domain/refusal.js';
import { RequestStore, type RequestAttempt } from '../gateway/request.store.js';
import { Database } from '../platform/database/database.js';
import { limitOf } from '../platform/http/page.js';
import { endOf, startOf } from '../platform/http/period.js';
import { Clock } from '../platform/time/clock.js';
import type { ManualRefundEntity } from './manual-refund.entity.js';
import { ManualRefundStore } from './manual-refund.store.js';
import type { RefundsFilter, RefundsQuery } from './refund.dto.js';

/** A refund with its membership's market. */
export interface RefundRow extends Refund {
  country: string;
}

export interface ListedRefund {
  refund: Refund;
  country: string;
  attempts: RequestAttempt[];
  payout: ManualRefundEntity | null;
  now: Date;
}

const COLUMNS = `
  select r.id, r.subscription_id as "subscriptionId", s.country, r.charge_id as "chargeId",
    r.cancellation_id as "cancellationId", r.compensation_id as "compensationId", r.amount_minor as "amountMinor",
    r.currency, r.basis, r.clause, r.status, r.calculation, r.attempts, r.retry_at as "retryAt",
    r.gateway_refund_id as "gatewayRefundId", r.deadline_at as "deadlineAt", r.overdue_at as "overdueAt",
    r.bounced_at as "bouncedAt", r.paid_otherwise_at as "paidOtherwiseAt", r.paid_otherwise_by as "paidOtherwiseBy",
    r.paid_otherwise_reason as "paidOtherwiseReason", r.bank_reference as "bankReference",
    r.created_at as "createdAt", r.settled_at as "settledAt"
  from refunds r join subscriptions s on s.id = r.subscription_id`;

/** Newest first; its values come from `refundFilter`. `$9` is the last refund of the page before. */
const REFUNDS = `${COLUMNS}
  where ($1::text is null or r.status = $1) and ($2::timestamptz is null or r.created_at >= $2)
    and ($3::timestamptz is null or r.created_at < $3) and ($4::text is null or s.country = $4)
    and ($5::text is null or r.basis = $5) and ($6::timestamptz is null or r.created_at <= $6)
    and ($7::boolean is null or $7 = (r.status <> 'succeeded' and r.deadline_at is not null and r.deadline_at <= $8))
    and ($9::uuid is null or r.id < $9)
  order by r.id desc`;

function refundFilter(query: RefundsFilter & { cursor?: string }, now: Date): unknown[] {
  const { status, from, to, country, basis, olderThanDays, overdue, cursor } = query;
  const before = olderThanDays === undefined ? null : plusDays(now, -olderThanDays);
  const stretch = [from === undefined ? null : startOf(from), to === undefined ? null : endOf(to)];
  return [
    status ?? null,
    ...stretch,
    country ?? null,
    basis ?? null,
    before,
    overdue === undefined ? null : overdue === 'true',
    now,
    cursor ?? null,
  ];
}

export const REFUND_COLUMNS = [
  ...['id', 'createdAt', 'settledAt', 'country', 'subscriptionId', 'chargeId', 'amount', 'currency', 'basis', 'clause'],
  ...['status', 'ageDays', 'deadlineAt', 'overdue', 'attempts', 'retryAt', 'bouncedAt', 'paidOtherwiseAt'],
  ...['paidOtherwiseBy', 'paidOtherwiseReason', 'bankReference', 'formula', 'calculation'],
] as const;

@Injectable()
export class ListRefunds {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly requests: RequestStore,
    private readonly manualRefunds: ManualRefundStore,
  ) {}

  /** Newest first, one more than the limit. */
  async list(query: RefundsQuery): Promise<ListedRefund[]> {
    const values = refundFilter(query, await this.clock.now());
    const rows = await this.database.reader.query<RefundRow>(`${REFUNDS} limit ${limitOf(query) + 1}`, values);
    return this.complete(rows);
  }

  /** Every one of them, however many, as lines of a file. */
  async *lines(filter: RefundsFilter, gone: AbortSignal): AsyncGenerator<object[]> {
    const now = await this.clock.now();
    const batches = this.database.rows<RefundRow>(REFUNDS, refundFilter(filter, now), gone);
    for await (const rows of batches) yield rows.map((row) => lineOf(row, now));
  }

  /** Refuses `not_found`. */
  async one(id: string): Promise<ListedRefund> {
    const rows = await this.database.reader.query<RefundRow>(`${COLUMNS} where r.id = $1`, [id]);
    const [found] = await this.complete(rows);
    if (found === undefined) throw new Refusal('not_found', `There is no refund ${id}.`);
    return found;
  }

  private async complete(rows: RefundRow[]): Promise<ListedRefund[]> {
    const now = await this.clock.now();
    const ids = rows.map(({ id }) => id);
    const attempts = await this.requests.attemptsOf(ids);
    const payouts = await this.manualRefunds.proposedOfAll(ids);
    return rows.map(({ country, ...refund }) => ({
      refund,
      country,
      attempts: attempts.filter(({ subjectId }) => subjectId === refund.id),
      payout: payouts.find(({ refundId }) => refundId === refund.id) ?? null,
      now,
    }));
  }
}

function lineOf(row: RefundRow, now: Date): object {
  const { formula } = row.calculation as { formula?: string };
  return { ...row, amount: row.amountMinor, formula, ageDays: ageDays(row, now), overdue: isOverdue(row, now) };
}
