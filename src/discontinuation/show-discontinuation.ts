/**
 * The plan of a market's end with its figures (5.4): before the run what it would return at its date (the dry run), after
 * its begin what it has returned, per contracting entity and currency. It reads only.
 */
import { Injectable } from '@nestjs/common';
import { quoteDiscontinuation } from '../domain/cancellation.js';
import { Refusal } from '../domain/refusal.js';
import type { RulePack } from '../domain/rule-pack.js';
import { Database } from '../platform/database.js';
import type { DiscontinuationView } from './discontinuation.dto.js';
import { DiscontinuationApprovalEntity, DiscontinuationEntity } from './discontinuation.entity.js';

const PAGE = 1000;

/** One paid term that would still run, or wait, at the date. */
interface PaidTerm {
  id: string;
  entity: string;
  currency: string;
  paid: number;
  returned: number;
  starts_at: Date;
  ends_at: Date;
  started_day: RulePack['startedDay'];
}

interface Total {
  entity: string;
  currency: string;
  amount: number;
  count: number;
}

const PAID_TERMS = `
  select t.id, string_agg(e.value->>'name', ' and ') as entity, t.currency, c.amount_minor as paid,
    (select coalesce(sum(amount_minor), 0) from refunds where charge_id = c.id)::bigint as returned,
    t.starts_at, t.ends_at, p.numbers->'startedDay'->>'value' as started_day
  from subscriptions s
    join terms t on t.subscription_id = s.id
    join charges c on c.id = t.charge_id
    join rule_packs p on p.country = s.country and p.version = t.rule_pack_version
    cross join jsonb_array_elements(s.contracting_entities) e
  where s.country = $1 and s.ended_at is null and t.ends_at > $2 and t.id > $3
  group by t.id, c.id, p.country, p.version order by t.id limit ${PAGE}`;

const RETURNED = `
  select entity, currency, sum(amount_minor)::bigint as amount, count(*)::int as count from (
    select r.amount_minor, r.currency,
      (select string_agg(e->>'name', ' and ') from jsonb_array_elements(s.contracting_entities) e) as entity
    from refunds r join subscriptions s on s.id = r.subscription_id
    where s.country = $1 and s.status = 'discontinued' and r.clause = '5.4') returned
  group by entity, currency order by entity, currency`;

@Injectable()
export class ShowDiscontinuation {
  constructor(private readonly database: Database) {}

  /** Refuses `not_found`. */
  async run(country: string): Promise<DiscontinuationView> {
    const tx = this.database.reader;
    const plan = await tx.getRepository(DiscontinuationEntity).findOneBy({ country });
    if (plan === null) throw new Refusal('not_found', `No end of ${country} is announced.`);
    const { id, reason, effectiveAt, announcedBy, announcedAt, status, startedAt, doneAt } = plan;
    const approvals = await tx.getRepository(DiscontinuationApprovalEntity).findBy({ discontinuationId: id });
    const live = await this.liveMembers(country);
    const begun = status === 'running' || status === 'done';
    const totals = begun ? await tx.query<Total[]>(RETURNED, [country]) : await this.dryRun(country, effectiveAt);
    const total = plan.total ?? live;
    return {
      id,
      country,
      reason,
      effectiveAt,
      announcedBy,
      announcedAt,
      status,
      approvals: approvals.map((approval) => approval.approvedBy),
      counts: { subscriptions: total, refunds: totals.reduce((sum, one) => sum + one.count, 0) },
      totals: totals.map(({ entity, amount, currency }) => ({ entity, refund: { amount, currency } })),
      progress: { done: total - live, total },
      startedAt,
      doneAt,
    };
  }

  private async liveMembers(country: string): Promise<number> {
    const [row] = await this.database.reader.query<{ count: number }[]>(
      'select count(*)::int as count from subscriptions where country = $1 and ended_at is null',
      [country],
    );
    return row?.count ?? 0;
  }

  /** Page by page through the terms that reach beyond the date, each asked of the law. */
  private async dryRun(country: string, at: Date): Promise<Total[]> {
    const totals = new Map<string, Total>();
    let after = '00000000-0000-0000-0000-000000000000';
    for (let rows = await this.page(country, at, after); rows.length > 0; rows = await this.page(country, at, after)) {
      for (const row of rows) add(totals, row, wouldReturn(row, at));
      after = rows.at(-1)?.id ?? after;
    }
    return [...totals.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
  }

  private page(country: string, at: Date, after: string): Promise<PaidTerm[]> {
    return this.database.reader.query<PaidTerm[]>(PAID_TERMS, [country, at, after]);
  }
}

function wouldReturn(row: PaidTerm, at: Date): number {
  const charge = { id: row.id, paidMinor: row.paid, returnedMinor: row.returned, currency: row.currency };
  const waits = row.starts_at > at;
  const term = { startsAt: row.starts_at, endsAt: row.ends_at, cancellationPeriodEndsAt: null, charge };
  const unused = { kind: 'waiting_term', description: '', clause: '5.4', charge } as const;
  return quoteDiscontinuation({
    effectiveAt: at,
    currency: row.currency,
    term: waits ? null : { kind: 'paid', ...term },
    rules: { benefitDeduction: 'none', startedDay: row.started_day },
    benefitValueUsedMinor: 0,
    unused: waits ? [unused] : [],
  }).refundMinor;
}

function add(totals: Map<string, Total>, { entity, currency }: PaidTerm, amount: number): void {
  if (amount === 0) return;
  const key = `${entity} ${currency}`;
  const total = totals.get(key) ?? { entity, currency, amount: 0, count: 0 };
  totals.set(key, { ...total, amount: total.amount + amount, count: total.count + 1 });
}
