/**
 * Deferred revenue rolled forward month by month: what was owed in service at its start, what came in, was earned, went
 * back, was forfeited or changed companies, and what is owed at its end. Read from the ledger; it posts nothing.
 */
import { Injectable } from '@nestjs/common';
import { endOfMonth, monthOf } from '../domain/deferred-fee.js';
import { Database } from '../platform/database/database.js';
import { requireOrder } from '../platform/http/period.js';
import { Clock } from '../platform/time/clock.js';
import type { MonthsQuery } from './report.dto.js';
import type { DeferredRevenueRow, DeferredRevenueView } from './report.view.js';

/**
 * Of a `refund_owed` the whole rest leaves the deferred account, and what of it is kept is in the same transaction: that
 * part is earned, the other returned. Of a `chargeback_lost` likewise, and what is kept is forfeited. `$1`: the end of the
 * last month, `$2`: the first, `$3`: a currency.
 */
const ROLL_FORWARD = `
  with posted as (
    select date_trunc('month', at) as month, entity, currency, fact,
      sum(amount_minor) filter (where account = 'deferred_revenue') as relieved,
      -coalesce(sum(amount_minor) filter (where account <> 'deferred_revenue'), 0) as kept
    from ledger_entries
    where at < $1 and ($3::text is null or currency = $3)
      and (account = 'deferred_revenue'
        or (fact = 'refund_owed' and account in ('membership_revenue', 'benefit_deductions'))
        or (fact = 'chargeback_lost' and account = 'forfeited_fees' and transaction_id in (
          select transaction_id from ledger_entries where fact = 'chargeback_lost' and account = 'deferred_revenue')))
    group by 1, entity, currency, fact),
  moved as (
    select month, entity, currency,
      -sum(relieved) filter (where fact = 'capture') as added,
      coalesce(sum(relieved) filter (where fact in ('recognition', 'fee_kept')), 0)
        + coalesce(sum(kept) filter (where fact = 'refund_owed'), 0) as recognised,
      coalesce(sum(relieved) filter (where fact in ('refund_owed', 'chargeback_lost')), 0) - sum(kept) as refunded,
      sum(relieved - kept) filter (where fact = 'chargeback_lost') as charged_back,
      coalesce(sum(relieved) filter (where fact in ('forfeiture', 'forfeiture_corrected')), 0)
        + coalesce(sum(kept) filter (where fact = 'chargeback_lost'), 0) as forfeited,
      -sum(relieved) filter (where fact = 'entity_transfer') as transferred,
      -sum(relieved) as change
    from posted group by month, entity, currency),
  months as (
    select entity, currency, month from (
      select entity, currency, min(month) as first from moved where change is not null group by entity, currency) book,
      generate_series(first, $1::timestamptz - interval '1 day', interval '1 month') as month),
  rolled as (
    select *, coalesce(sum(change) over (partition by entity, currency order by month), 0) as closing
    from months left join moved using (entity, currency, month))
  select to_char(month, 'YYYY-MM') as month, entity, currency, (closing - coalesce(change, 0))::bigint as opening,
    coalesce(added, 0)::bigint as added, coalesce(recognised, 0)::bigint as recognised,
    coalesce(refunded, 0)::bigint as refunded, coalesce(forfeited, 0)::bigint as forfeited,
    coalesce(transferred, 0)::bigint as transferred, closing::bigint as closing,
    coalesce(charged_back, 0)::bigint as "chargedBack"
  from rolled where $2::timestamptz is null or month >= $2 order by month, entity, currency`;

export const DEFERRED_REVENUE_COLUMNS = [
  ...['month', 'entity', 'currency', 'opening', 'added', 'recognised', 'refunded', 'forfeited', 'transferred'],
  ...['closing', 'chargedBack'],
] as const;

@Injectable()
export class DeferredRevenue {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async report({ from, to, currency }: MonthsQuery): Promise<DeferredRevenueView> {
    requireOrder(from, to);
    const current = monthOf(await this.clock.now());
    const until = to === undefined || to > current ? current : to;
    const values = [endOfMonth(until), from === undefined ? null : new Date(from), currency ?? null];
    const rows = await this.database.snapshot((tx) => tx.query<DeferredRevenueRow>(ROLL_FORWARD, values));
    return { rows };
  }
}
