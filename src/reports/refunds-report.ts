/**
 * Refunds of a period as finance reads them: each with basis, clause and the inputs of its formula, and what they sum to.
 * It decides nothing about them.
 */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { limitOf } from '../platform/http/page.js';
import { periodOf } from '../platform/http/period.js';
import type { RefundsPeriod, RefundsQuery } from './report.dto.js';
import type { RefundLine, RefundsReportView, RefundTotal } from './report.view.js';

const WITHIN = `r.created_at >= $1 and r.created_at < $2 and ($3::text is null or s.country = $3)`;

/** Newest first; `$4` is the last refund of the page before. */
const LINES = `
  select r.id, r.created_at as "createdAt", r.settled_at as "settledAt", s.country, r.subscription_id as "subscriptionId",
    r.charge_id as "chargeId", c.amount_minor as paid, r.amount_minor as amount, r.currency, r.basis, r.clause, r.status,
    r.calculation->>'formula' as formula, r.calculation
  from refunds r join subscriptions s on s.id = r.subscription_id join charges c on c.id = r.charge_id
  where ${WITHIN} and ($4::uuid is null or r.id < $4) order by r.id desc`;

const TOTALS = `
  select s.country, r.currency, r.basis, r.clause, r.status, count(*)::int as refunds, sum(r.amount_minor)::bigint as amount
  from refunds r join subscriptions s on s.id = r.subscription_id
  where ${WITHIN} group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`;

export const REFUND_COLUMNS = [
  ...['id', 'createdAt', 'settledAt', 'country', 'subscriptionId', 'chargeId', 'paid', 'amount', 'currency', 'basis'],
  ...['clause', 'status', 'formula', 'calculation'],
] as const;

@Injectable()
export class RefundsReport {
  constructor(private readonly database: Database) {}

  async report(query: RefundsQuery): Promise<RefundsReportView> {
    const values = valuesOf(query);
    const limit = limitOf(query);
    return this.database.snapshot(async (tx) => {
      const totals = await tx.query<RefundTotal>(TOTALS, values);
      const rows = await tx.query<RefundLine>(`${LINES} limit ${limit + 1}`, [...values, query.cursor ?? null]);
      const data = rows.slice(0, limit);
      return { totals, data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
    });
  }

  /** Every line, however many. */
  lines(period: RefundsPeriod, gone: AbortSignal): AsyncGenerator<RefundLine[]> {
    return this.database.rows<RefundLine>(LINES, [...valuesOf(period), null], gone);
  }
}

function valuesOf({ from, to, country }: RefundsPeriod): unknown[] {
  const period = periodOf(from, to);
  return [period.from, period.to, country ?? null];
}
