/** What was earned, by market, month and currency, net of tax, and the tax that became payable. Read from the ledger. */
import { Injectable } from '@nestjs/common';
import { endOfMonth } from '../domain/deferred-fee.js';
import { Database } from '../platform/database/database.js';
import { requireOrder } from '../platform/http/period.js';
import type { MonthsQuery } from './report.dto.js';
import type { RevenueRow, RevenueView } from './report.view.js';

const REVENUE = `
  select s.country, to_char(date_trunc('month', e.at), 'YYYY-MM') as month, e.currency,
    coalesce(-sum(amount_minor) filter (where account = 'membership_revenue'), 0)::bigint as membership,
    coalesce(-sum(amount_minor) filter (where account = 'add_on_revenue'), 0)::bigint as "addOns",
    coalesce(-sum(amount_minor) filter (where account = 'benefit_deductions'), 0)::bigint as "deductionsKept",
    coalesce(-sum(amount_minor) filter (where account = 'forfeited_fees'), 0)::bigint as forfeited,
    coalesce(sum(amount_minor) filter (where account = 'revenue_reductions'), 0)::bigint as reductions,
    coalesce(-sum(amount_minor) filter (where account <> 'tax_payable'), 0)::bigint as net,
    coalesce(-sum(amount_minor) filter (where account = 'tax_payable'), 0)::bigint as tax
  from ledger_entries e join subscriptions s on s.id = e.subscription_id
  where account in ('membership_revenue', 'add_on_revenue', 'benefit_deductions', 'forfeited_fees',
      'revenue_reductions', 'tax_payable')
    and ($1::timestamptz is null or e.at >= $1) and ($2::timestamptz is null or e.at < $2)
    and ($3::text is null or e.currency = $3)
  group by s.country, date_trunc('month', e.at), e.currency order by month, country, currency`;

export const REVENUE_COLUMNS = [
  ...[
    'month',
    'country',
    'currency',
    'membership',
    'addOns',
    'deductionsKept',
    'forfeited',
    'reductions',
    'net',
    'tax',
  ],
] as const;

@Injectable()
export class Revenue {
  constructor(private readonly database: Database) {}

  async report({ from, to, currency }: MonthsQuery): Promise<RevenueView> {
    requireOrder(from, to);
    const values = [
      from === undefined ? null : new Date(from),
      to === undefined ? null : endOfMonth(to),
      currency ?? null,
    ];
    return { rows: await this.database.snapshot((tx) => tx.query<RevenueRow>(REVENUE, values)) };
  }
}
