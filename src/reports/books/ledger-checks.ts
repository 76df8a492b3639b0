/** What must always hold of the ledger, and between it and what it was posted for. */
import type { Check } from './check.js';

/** What the ledger says is still owed in service, per company and what it belongs to. */
const DEFERRED = (account: string, kind: string): string => `
  posted as (
    select entity, currency, subscription_id, term_number, -sum(amount_minor) as amount from ledger_entries
    where account = '${account}' group by entity, currency, subscription_id, term_number),
  owed as (
    select entity, currency, subscription_id, term_number,
      sum(case status when 'open' then gross_minor - tax_minor - recognised_minor else 0 end) as amount
    from deferred_fees where kind = '${kind}' group by entity, currency, subscription_id, term_number)
  select entity, currency, subscription_id, term_number, p.amount as posted, o.amount as owed
  from posted p full join owed o using (entity, currency, subscription_id, term_number)
  where coalesce(p.amount, 0) <> coalesce(o.amount, 0)`;

/** How often a refund was paid, by the gateway and not reversed, or another way. */
const PAID = `
  paid as (
    select r.id, r.covered_minor, count(q.id) as by_gateway, case when r.paid_otherwise_at is null then 0 else 1 end as otherwise,
      coalesce(sum(least(a.asked, r.amount_minor)) filter (where q.id is not null), 0) as gateway_minor,
      coalesce(sum(a.asked) filter (where a.asked < r.amount_minor), 0) as parts_minor
    from refunds r
    left join gateway_requests q on q.subject_id = r.id and q.status = 'succeeded' and q.code is null
    left join lateral (
      select coalesce((q.asks->>'paysMinor')::bigint, (q.asks->>'amountMinor')::bigint) as asked) a on true
    group by r.id)`;

export const LEDGER_CHECKS: readonly Check[] = [
  {
    id: 'I15',
    sentence: 'Every ledger transaction sums to zero per company and currency, and is whole.',
    sql: `
      with summed as (
        select transaction_id, entity, currency, sum(amount_minor) as amount from ledger_entries
        group by transaction_id, entity, currency)
      select transaction_id, entity, currency, amount, 'does not sum to zero' as why from summed where amount <> 0
      union all
      select t.id, null, null, null, 'has no entries' from ledger_transactions t
      where not exists (select from ledger_entries e where e.transaction_id = t.id)
      union all
      select e.transaction_id, e.entity, e.currency, e.amount_minor, 'differs from its transaction' from ledger_entries e
      left join ledger_transactions t on t.id = e.transaction_id
      where t.id is null or t.at <> e.at or t.fact <> e.fact`,
  },
  {
    id: 'I16',
    sentence: 'Every captured charge is posted exactly once, with its amount, currency and subscription.',
    sql: `
      with posted as (
        select t.subject_id, count(distinct t.id) as times, sum(e.amount_minor) as amount, min(e.currency) as currency,
          bool_and(e.subscription_id = c.subscription_id) as own
        from ledger_transactions t join charges c on c.id = t.subject_id
        join ledger_entries e on e.transaction_id = t.id and e.account = 'gateway_receivable'
        where t.fact in ('capture', 'capture_unapplied') group by t.subject_id)
      select c.id as charge, c.amount_minor, c.currency, p.times, p.amount as posted from charges c
      left join posted p on p.subject_id = c.id
      where c.status = 'succeeded' and (p.times is distinct from 1 or p.amount <> c.amount_minor
        or p.currency <> c.currency or not p.own)`,
  },
  {
    id: 'I16a',
    sentence: 'Every refund is owed in the books exactly once, from its decision on.',
    sql: `
      with posted as (
        select t.subject_id, count(*) as times, -sum(e.amount_minor) as amount from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id and e.account = 'refunds_payable'
        where t.fact in ('refund_owed', 'compensation', 'capture_unapplied') group by t.subject_id),
      unapplied as (select subject_id from posted join charges c on c.id = subject_id)
      select r.id as refund, r.amount_minor, r.currency, p.times, p.amount as posted from refunds r
      left join posted p on p.subject_id = r.id
      where r.charge_id not in (select subject_id from unapplied)
        and (p.times is distinct from 1 or p.amount <> r.amount_minor)
      union all
      select c.id, sum(r.amount_minor), c.currency, p.times, p.amount from unapplied u
      join posted p on p.subject_id = u.subject_id join charges c on c.id = u.subject_id
      join refunds r on r.charge_id = c.id
      group by c.id, p.times, p.amount having p.times <> 1 or p.amount - c.charged_back_minor
        < coalesce(sum(r.amount_minor) filter (where r.paid_otherwise_by is distinct from 'gateway'), 0)`,
  },
  {
    id: 'I16b',
    sentence: 'Every refund is posted as paid as often as it was paid and not reversed, and no other is.',
    sql: `
      with ${PAID},
      posted as (
        select t.subject_id, sum(e.amount_minor) as amount,
          count(*) filter (where t.fact <> 'refund_bounced') - count(*) filter (where t.fact = 'refund_bounced') as times
        from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id and e.account = 'refunds_payable'
        where t.fact in ('refund_paid', 'refund_bounced', 'refund_paid_otherwise') group by t.subject_id)
      select r.id as refund, r.status, r.amount_minor, p.times, p.amount as posted from refunds r
      join paid on paid.id = r.id
      left join posted p on p.subject_id = r.id
      where (coalesce(p.times, 0) <> paid.by_gateway + paid.otherwise and paid.covered_minor = 0)
        or coalesce(p.amount, 0) <> paid.gateway_minor + paid.covered_minor
          + paid.otherwise * (r.amount_minor - paid.parts_minor - paid.covered_minor)`,
  },
  {
    id: 'I17',
    sentence: 'Nothing is posted for what did not happen.',
    sql: `
      select t.id as transaction, t.fact, t.subject_id from ledger_transactions t
      left join charges c on c.id = t.subject_id and c.status = 'succeeded'
      where t.fact in ('capture', 'capture_unapplied', 'add_on_used') and c.id is null
      union all
      select t.id, t.fact, t.subject_id from ledger_transactions t
      left join refunds r on r.id = t.subject_id
      where t.fact in ('refund_owed', 'compensation', 'refund_paid', 'refund_bounced', 'refund_paid_otherwise')
        and r.id is null
      union all
      select t.id, t.fact, t.subject_id from ledger_transactions t
      left join chargebacks b on b.id = t.subject_id and t.fact in ('chargeback_opened', 'chargeback_' || b.status)
      where t.fact like 'chargeback%' and b.id is null
      union all
      select e.transaction_id, e.fact, e.subscription_id from ledger_entries e
      left join subscriptions s on s.id = e.subscription_id
      where e.subscription_id is not null and s.id is null`,
  },
  {
    id: 'B01',
    sentence: 'Deferred revenue equals what of every open fee is not earned yet, term by term and in its own books.',
    sql: `with ${DEFERRED('deferred_revenue', 'term')}`,
  },
  {
    id: 'B02',
    sentence: 'Deferred value-added services equal what of them is paid and neither used nor ended.',
    sql: `with ${DEFERRED('deferred_add_ons', 'add_on')}`,
  },
  {
    id: 'B03',
    sentence:
      'What is payable to members equals the refunds owed and not yet paid, with what was captured for nothing, less what was paid twice.',
    sql: `
      with ${PAID},
      posted as (
        select subscription_id, currency, -sum(amount_minor) as amount from ledger_entries
        where account = 'refunds_payable' group by subscription_id, currency),
      owed as (
        select subscription_id, currency, sum(amount_minor) as amount from (
          select r.subscription_id, r.currency, r.amount_minor - paid.gateway_minor - paid.covered_minor
            - paid.otherwise * (r.amount_minor - paid.parts_minor - paid.covered_minor) as amount_minor
          from refunds r join paid on paid.id = r.id
          union all
          select subscription_id, currency, amount_minor - charged_back_minor from charges
          where unapplied_at is not null) one
        group by subscription_id, currency)
      select subscription_id, currency, p.amount as posted, o.amount as owed
      from posted p full join owed o using (subscription_id, currency)
      where coalesce(p.amount, 0) <> coalesce(o.amount, 0)`,
  },
  {
    id: 'B04',
    sentence: 'What the gateway holds of a subscription equals its captures less its refunds, disputes apart.',
    sql: `
      with ${PAID},
      posted as (
        select subscription_id, currency, sum(amount_minor) as amount from ledger_entries
        where account = 'gateway_receivable' and subscription_id is not null and fact not like 'chargeback%'
        group by subscription_id, currency),
      moved as (
        select subscription_id, currency, sum(amount_minor) as amount from (
          select subscription_id, currency, amount_minor from charges where status = 'succeeded'
          union all
          select r.subscription_id, r.currency,
            -paid.gateway_minor - case r.paid_otherwise_by when 'gateway_refund' then r.amount_minor else 0 end
          from refunds r join paid on paid.id = r.id) one
        group by subscription_id, currency)
      select subscription_id, currency, p.amount as posted, m.amount as moved
      from posted p full join moved m using (subscription_id, currency)
      where coalesce(p.amount, 0) <> coalesce(m.amount, 0)`,
  },
  {
    id: 'B05',
    sentence: 'A closed month leaves no open fee behind what it had earned by the end of it.',
    sql: `
      with last as (select max(ends_at) as at from month_closes where status = 'done'),
      running as (
        select f.charge_id, f.subscription_id, f.gross_minor - f.tax_minor as net, f.recognised_minor, last.at,
          round(extract(epoch from f.ends_at - f.starts_at) / 86400)::bigint as days,
          ceil(extract(epoch from f.ends_at - last.at) / 86400)::bigint as rest
        from deferred_fees f join subscriptions s on s.id = f.subscription_id, last
        where f.status = 'open' and f.starts_at < last.at and f.captured_at < last.at
          and (s.reopened_at is null or s.reopened_at < last.at))
      select charge_id as charge, subscription_id, recognised_minor, at as closed_until from running
      where recognised_minor < net - (2 * net * least(greatest(rest, 0), days) + days) / (2 * days)`,
  },
  {
    id: 'B06',
    sentence: 'Tax payable equals the tax of what was captured less that of what went back.',
    sql: `
      with posted as (
        select subscription_id, currency, -sum(amount_minor) as amount from ledger_entries
        where account = 'tax_payable' group by subscription_id, currency),
      kept as (
        select subscription_id, currency,
          sum(tax_minor - (2 * tax_minor * returned_minor + gross_minor) / (2 * gross_minor)) as amount
        from deferred_fees group by subscription_id, currency)
      select subscription_id, currency, p.amount as posted, k.amount as kept
      from posted p full join kept k using (subscription_id, currency)
      where coalesce(p.amount, 0) <> coalesce(k.amount, 0)`,
  },
  {
    id: 'B07',
    sentence: 'Every captured fee is deferred with its amount, and knows what of it went back.',
    sql: `
      with captured as (select subject_id as charge_id from ledger_transactions where fact = 'capture'),
      back as (
        select charge_id, sum(amount) as amount from (
          select charge_id, amount_minor as amount from refunds
          union all select charge_id, credited_minor from chargebacks) one
        group by charge_id)
      select c.id as charge, c.subscription_id, c.amount_minor, f.gross_minor, f.returned_minor, b.amount as returned
      from captured join charges c on c.id = captured.charge_id
      left join deferred_fees f on f.charge_id = c.id
      left join back b on b.charge_id = c.id
      where f.gross_minor is distinct from c.amount_minor or f.currency <> c.currency
        or f.returned_minor <> coalesce(b.amount, 0)
      union all
      select f.charge_id, f.subscription_id, null, f.gross_minor, f.returned_minor, null from deferred_fees f
      left join captured on captured.charge_id = f.charge_id where captured.charge_id is null`,
  },
  {
    id: 'B08',
    sentence: 'What is disputed in the books equals what banks hold back of each subscription.',
    sql: `
      with posted as (
        select subscription_id, currency, sum(amount_minor) as amount from ledger_entries
        where account = 'disputed_captures' group by subscription_id, currency),
      held as (
        select subscription_id, currency, sum(amount_minor) as amount from chargebacks where status = 'open'
        group by subscription_id, currency)
      select subscription_id, currency, p.amount as posted, h.amount as held
      from posted p full join held h using (subscription_id, currency)
      where coalesce(p.amount, 0) <> coalesce(h.amount, 0)`,
  },
  {
    id: 'B09',
    sentence: 'What one company owes another is what the other is owed.',
    sql: `
      select currency, sum(amount_minor) as amount from ledger_entries where account = 'intercompany'
      group by currency having sum(amount_minor) <> 0`,
  },
];
