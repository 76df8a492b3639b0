/**
 * The plan of a market's end with its figures (5.4): before the run what it would return at its date (the dry run), after
 * its begin what it has returned, per contracting entity and currency. It reads only.
 */
import { Injectable } from '@nestjs/common';
import { quoteDiscontinuation } from '../domain/cancellation.js';
import { giveUpAt } from '../domain/charge.js';
import { Refusal } from '../domain/refusal.js';
import type { RulePack } from '../domain/rule-pack.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { MarketStore } from '../markets/market.store.js';
import { Database } from '../platform/database/database.js';
import { Clock } from '../platform/time/clock.js';
import { RETURNED_MINOR } from '../refunds/refund.store.js';
import type { DiscontinuationView } from './discontinuation.dto.js';
import { DiscontinuationApprovalEntity, DiscontinuationEntity } from './discontinuation.entity.js';

const PAGE = 1000;

/** A paid term that would still run, or wait, at the date; without a beginning, an add-on that nobody has used. */
interface Payment {
  entity: string;
  gateway: string;
  currency: string;
  paid: number;
  returned: number;
  starts_at: Date | null;
  ends_at: Date;
  /** Of the rules its term, or for an add-on the last one, began under. */
  version: number;
  /** The member's last term reaches beyond the date. */
  reaches: boolean;
  first_failed_at: Date | null;
}

interface Total {
  entity: string;
  currency: string;
  amount: number;
  returned: number;
  count: number;
}

const LIVE = `
  select id from subscriptions where country = $1 and ended_at is null and ($2::uuid is null or id > $2)
  order by id limit ${PAGE}`;

/** As a book is named. */
const COMPANIES = `(select string_agg(e->>'name', ' and ') from jsonb_array_elements(s.contracting_entities) e)`;

/** What was paid by these members who are still members at the date: their term reaches beyond it, or is overdue. */
const PAID = `
  with members as (
    select s.id, ${COMPANIES} as entity, s.first_failed_at, l.rule_pack_version as version, l.ends_at > $2 as reaches
    from subscriptions s
      join lateral (select * from terms t where t.subscription_id = s.id order by t.number desc limit 1) l on true
    where s.id = any($1) and (l.ends_at > $2 or s.status = 'past_due')),
  payments as (
    select m.entity, m.first_failed_at, m.reaches, t.charge_id, t.starts_at, t.ends_at, t.rule_pack_version as version
    from members m join terms t on t.subscription_id = m.id and t.ends_at > $2
    union all
    select m.entity, m.first_failed_at, m.reaches, a.charge_id, null, null, m.version
    from members m join add_ons a on a.subscription_id = m.id and a.status = 'accepted' and a.first_used_at is null)
  select p.*, c.gateway, c.currency, c.amount_minor as paid, ${RETURNED_MINOR} as returned
  from payments p join charges c on c.id = p.charge_id`;

const RETURNED = `
  select entity, currency, sum(amount_minor)::bigint as amount, count(*)::int as count,
    coalesce(sum(amount_minor) filter (where status = 'succeeded'), 0)::bigint as returned
  from (
    select r.amount_minor, r.currency, r.status,
      ${COMPANIES} as entity
    from refunds r join subscriptions s on s.id = r.subscription_id
    where s.country = $1 and s.status = 'discontinued' and r.clause = '5.4') decided
  group by entity, currency order by entity, currency`;

@Injectable()
export class ShowDiscontinuation {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly markets: MarketStore,
    private readonly gateways: Gateways,
  ) {}

  /** Refuses `not_found`. */
  async show(country: string): Promise<DiscontinuationView> {
    const tx = this.database.reader;
    const plan = await tx.findOne(DiscontinuationEntity, { country });
    if (plan === null) throw new Refusal('not_found', `No end of ${country} is announced.`);
    const { id, reason, effectiveAt, announcedBy, announcedAt, status, toldAt, startedAt, doneAt } = plan;
    const approvals = await tx.find(DiscontinuationApprovalEntity, { discontinuationId: id });
    const live = await this.liveMembers(country);
    const begun = status === 'running' || status === 'done';
    const totals = begun
      ? await tx.query<Total>(RETURNED, [country])
      : await this.dryRun(country, await this.endOf(plan));
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
      totals: totals.map(({ entity, amount, returned, currency }) => ({
        entity,
        refund: { amount, currency },
        returned: { amount: returned, currency },
      })),
      progress: { done: total - live, total },
      toldAt,
      startedAt,
      doneAt,
    };
  }

  /** The date; approved later than that it would be its approval, now at the earliest. */
  private async endOf({ status, effectiveAt }: DiscontinuationEntity): Promise<Date> {
    const now = await this.clock.now();
    return status === 'announced' && effectiveAt < now ? now : effectiveAt;
  }

  private async liveMembers(country: string): Promise<number> {
    const [row] = await this.database.reader.query<{ count: number }>(
      'select count(*)::int as count from subscriptions where country = $1 and ended_at is null',
      [country],
    );
    return row?.count ?? 0;
  }

  /** Page by page through the members, each payment asked of the law. */
  private async dryRun(country: string, at: Date): Promise<Total[]> {
    const { reader } = this.database;
    const totals = new Map<string, Total>();
    let after: string | null = null;
    do {
      const members: { id: string }[] = await reader.query(LIVE, [country, after]);
      const ids = members.map(({ id }) => id);
      for (const payment of await reader.query<Payment>(PAID, [ids, at])) {
        const pack = await this.markets.rulePack(reader, country, payment.version);
        if (isMemberAt(payment, at, pack)) add(totals, payment, this.wouldReturn(payment, at, pack));
      }
      after = ids.length < PAGE ? null : (ids.at(-1) ?? null);
    } while (after !== null);
    return [...totals.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
  }

  private wouldReturn(payment: Payment, at: Date, { startedDay }: RulePack): number {
    const { paid: paidMinor, returned: returnedMinor, currency, starts_at: startsAt, ends_at: endsAt } = payment;
    const charge = { id: '', paidMinor, returnedMinor, currency };
    const begun = startsAt !== null && startsAt <= at;
    return quoteDiscontinuation({
      effectiveAt: at,
      currency,
      term: begun ? { kind: 'paid', startsAt, endsAt, cancellationPeriodEndsAt: null, charge } : null,
      rules: { benefitDeduction: 'none', startedDay },
      benefitValueUsedMinor: 0,
      stepMinor: this.gateways.of(payment.gateway).stepOf(currency),
      unused: begun ? [] : [{ kind: 'waiting_term', description: '', clause: '5.4', charge }],
    }).refundMinor;
  }
}

/** A member whose term does not reach the date is one as long as the overdue fee is not given up. */
function isMemberAt({ reaches, first_failed_at: failedAt }: Payment, at: Date, pack: RulePack): boolean {
  return reaches || (failedAt !== null && giveUpAt(failedAt, pack) > at);
}

function add(totals: Map<string, Total>, { entity, currency }: Payment, amount: number): void {
  if (amount === 0) return;
  const key = `${entity} ${currency}`;
  const total = totals.get(key) ?? { entity, currency, amount: 0, returned: 0, count: 0 };
  totals.set(key, { ...total, amount: total.amount + amount, count: total.count + 1 });
}
