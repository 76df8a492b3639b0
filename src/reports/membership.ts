/**
 * Membership in figures, by market and for one period: members, trials, renewals, churn and recurring revenue. Each
 * figure is defined in one line where it is shown (`report.view.ts`) and in docs/REPORTS.md; nothing is estimated.
 */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { periodOf, type Period } from '../platform/http/period.js';
import type { PeriodQuery } from './report.dto.js';
import type { MembershipRow, MembershipView } from './report.view.js';

/** A member: whose first paid term has begun, until the membership ends. */
const MEMBERS = `
  with member as (
    select s.id, s.country, s.ended_at, s.end_reason, s.start_with, t.since
    from subscriptions s
    join (select subscription_id, min(starts_at) as since from terms where kind = 'paid' group by 1) t
      on t.subscription_id = s.id
    where t.since < $2 and (s.ended_at is null or s.ended_at >= $1))
  select country,
    count(*) filter (where since < $1)::int as "membersAtStart",
    count(*) filter (where since >= $1)::int as "newMembers",
    count(*) filter (where since >= $1 and start_with = 'trial')::int as "trialsConverted",
    count(*) filter (where ended_at < $2 and end_reason in ('canceled_by_member', 'auto_renewal_off'))::int
      as "churnedVoluntary",
    count(*) filter (where ended_at < $2 and end_reason = 'payment_failed')::int as "churnedInvoluntary",
    count(*) filter (where ended_at < $2 and end_reason not in ('canceled_by_member', 'auto_renewal_off',
      'payment_failed'))::int as "churnedByUs",
    count(*) filter (where ended_at is null or ended_at >= $2)::int as "membersAtEnd"
  from member group by country`;

const TRIALS = `
  select s.country, count(*) filter (where t.starts_at >= $1 and t.starts_at < $2)::int as "trialsStarted",
    count(*) filter (where s.ended_at >= $1 and s.ended_at < $2 and not exists (
      select from terms p where p.subscription_id = s.id and p.kind = 'paid'))::int as "trialsLost"
  from terms t join subscriptions s on s.id = t.subscription_id where t.kind = 'trial' group by s.country`;

const RENEWALS = `
  select s.country, count(*)::int as "renewalsDue",
    count(*) filter (where exists (
      select from terms n where n.subscription_id = t.subscription_id and n.number > t.number))::int as renewed
  from terms t join subscriptions s on s.id = t.subscription_id
  where t.kind = 'paid' and t.ends_at >= $1 and t.ends_at < $2 and (s.ended_at is null or s.ended_at >= t.ends_at)
  group by s.country`;

/** Price × 365 / (12 × days), rounded half up once for all members whose term is as long; all integers. */
const MRR = `
  with paying as (
    select distinct on (t.subscription_id) s.country, t.price_minor,
      round(extract(epoch from t.ends_at - t.starts_at) / 86400)::bigint as days
    from terms t join subscriptions s on s.id = t.subscription_id
    where t.kind = 'paid' and t.starts_at < $1 and (s.ended_at is null or s.ended_at >= $1)
    order by t.subscription_id, t.number desc),
  summed as (select country, days, sum(price_minor)::bigint as price from paying group by country, days)
  select country, sum((2 * price * 365 + 12 * days) / (24 * days))::bigint as mrr from summed group by country`;

const RECOVERED = `
  select s.country, count(*)::int as recovered from timeline_entries e join subscriptions s on s.id = e.subscription_id
  where e.event = 'subscription.recovered' and e.at >= $1 and e.at < $2
    and exists (select from terms t where t.subscription_id = s.id and t.kind = 'paid' and t.ends_at <= e.at)
  group by s.country`;

const MARKETS = 'select country, currency from markets order by country';

const NOTHING = {
  ...{ membersAtStart: 0, newMembers: 0, membersAtEnd: 0, trialsStarted: 0, trialsConverted: 0, trialsLost: 0 },
  ...{ renewalsDue: 0, renewed: 0, churnedVoluntary: 0, churnedInvoluntary: 0, churnedByUs: 0, mrr: 0, recovered: 0 },
};

type Counted = typeof NOTHING & { country: string; currency: string };

export const MEMBERSHIP_COLUMNS = [
  ...['country', 'membersAtStart', 'newMembers', 'churned', 'membersAtEnd', 'trialsStarted', 'trialsConverted'],
  ...['trialsLost', 'conversionRate', 'renewalsDue', 'renewed', 'renewalRate', 'churnedVoluntary'],
  ...['churnedInvoluntary', 'churnedByUs', 'churnRate', 'recovered', 'recoveryRate', 'mrr', 'currency'],
] as const;

@Injectable()
export class Membership {
  constructor(private readonly database: Database) {}

  async report(query: PeriodQuery): Promise<MembershipView> {
    const { from, to } = periodOf(query.from, query.to);
    const counted = await this.database.snapshot((tx) => count(tx, { from, to }));
    return { from, to, rows: counted.map(rowOf) };
  }
}

/** As lines of a file. */
export function membershipLines({ rows }: MembershipView): object[] {
  return rows.map((row) => ({ ...row, mrr: row.mrr.amount, currency: row.mrr.currency }));
}

async function count(tx: Tx, { from, to }: Period): Promise<Counted[]> {
  const markets = await tx.query<Pick<Counted, 'country' | 'currency'>>(MARKETS);
  const rows = new Map(markets.map((market) => [market.country, { ...NOTHING, ...market }]));
  const add = async (figures: string, values: Date[]): Promise<void> => {
    for (const found of await tx.query<Counted>(figures, values)) Object.assign(rows.get(found.country) ?? {}, found);
  };
  for (const figures of [MEMBERS, TRIALS, RENEWALS, RECOVERED]) await add(figures, [from, to]);
  await add(MRR, [to]);
  return [...rows.values()];
}

function rowOf({ mrr, currency, ...counted }: Counted): MembershipRow {
  const { membersAtStart, trialsConverted, trialsLost, renewalsDue, renewed, recovered } = counted;
  const { churnedVoluntary, churnedInvoluntary, churnedByUs } = counted;
  const churned = churnedVoluntary + churnedInvoluntary + churnedByUs;
  return {
    ...counted,
    churned,
    conversionRate: rate(trialsConverted, trialsConverted + trialsLost),
    renewalRate: rate(renewed, renewalsDue),
    churnRate: rate(churned, membersAtStart),
    recoveryRate: rate(recovered, recovered + churnedInvoluntary),
    mrr: { amount: mrr, currency },
  };
}

/** To four places; null where there is nothing to measure. */
function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((10_000 * part) / whole) / 10_000;
}
