/** What must always hold of charges, refunds, mandates and what the gateway has answered. */
import type { Check } from './check.js';

/** What the bank of a lost dispute has paid counts as charged back. */
const RETURNED = `returned as (
  select charge_id, sum(amount_minor) as amount from refunds where paid_otherwise_by is distinct from 'gateway'
  group by charge_id)`;

/** From when until when a member had switched auto-renewal off, or opted out of a trial. */
export const SWITCHED_OFF = `
  off as (
    select subscription_id, at, id, until from (
      select subscription_id, at, id, data->>'enabled' as enabled,
        lead(at) over (partition by subscription_id order by id) as until
      from timeline_entries where event = 'subscription.auto_renewal_changed') switched
    where enabled = 'false')`;

/** Every cancellation with the term it ended and what rules 7 makes of it. */
const CANCELED = `
  canceled as (
    select x.id, x.subscription_id, x.at, t.charge_id, c.amount_minor as paid,
      -- What a gateway carries in steps only goes back up to the next one.
      case when c.currency in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 10 when c.currency = 'MGA' then 100 else 1 end as step,
      case when t.charge_id is null then 'none'
        when s.status <> 'discontinued' and x.at < t.cancellation_period_ends_at then 'full_less_benefits'
        else 'pro_rata' end as basis,
      p.numbers->'benefitDeduction'->>'value' as deduction,
      round(extract(epoch from t.ends_at - t.starts_at) / 86400)::bigint as days,
      extract(epoch from t.ends_at - x.at) / 86400 as rest,
      p.numbers->'startedDay'->>'value' as started_day,
      coalesce((select sum(u.value_minor) from benefit_uses u
        where u.subscription_id = x.subscription_id and not u.of_add_on and u.used_at >= t.starts_at
          and u.used_at < t.ends_at), 0)::bigint as used_value
    from (
      -- A quote is a promise: what it showed at its own instant is paid.
      select x.id, x.subscription_id, coalesce(q.effective_at, x.effective_at) as at
      from cancellations x left join cancellation_quotes q on q.id = x.quote_id) x
    join subscriptions s on s.id = x.subscription_id
    left join lateral (
      select * from terms t where t.subscription_id = x.subscription_id and t.starts_at <= x.at
      order by t.number desc limit 1) t on true
    left join charges c on c.id = t.charge_id
    left join rule_packs p on p.country = s.country and p.version = t.rule_pack_version),
  counted as (
    select *, least(greatest(case started_day when 'used' then floor(rest) else ceil(rest) end, 0), days)::bigint as days_left,
      days - least(greatest(floor(rest), 0), days)::bigint as started_days
    from canceled),
  counted_out as (
    select *, case basis when 'none' then 0
      when 'pro_rata' then (2 * paid * days_left + days) / (2 * days)
      else paid - least(paid, case deduction when 'none' then 0 when 'value_used' then used_value
        else (2 * paid * started_days + days) / (2 * days) end) end as exactly
    from counted),
  lawful as (select *, ceil(exactly::numeric / step) * step as wanted from counted_out)`;

export const MONEY_CHECKS: readonly Check[] = [
  {
    id: 'I04',
    sentence: 'A captured fee has exactly one paid term, or goes back in full, to the member or their bank.',
    sql: `
      with ${RETURNED}
      select c.id as charge, c.subscription_id, c.term_number, count(t.id) as terms from charges c
      left join terms t on t.charge_id = c.id
      left join returned r on r.charge_id = c.id
      where c.status = 'succeeded' and c.purpose <> 'add_on' and c.unapplied_at is null
      group by c.id, r.amount having count(t.id) <> 1
        and coalesce(r.amount, 0) + c.disputed_minor + c.charged_back_minor < c.amount_minor`,
  },
  {
    id: 'I04a',
    sentence: 'A captured value-added service was accepted, or goes back in full.',
    sql: `
      with ${RETURNED}
      select c.id as charge, c.subscription_id from charges c
      left join add_ons a on a.charge_id = c.id and a.status = 'accepted'
      left join returned r on r.charge_id = c.id
      where c.status = 'succeeded' and c.purpose = 'add_on' and c.unapplied_at is null
        and a.id is null and coalesce(r.amount, 0) + c.disputed_minor + c.charged_back_minor < c.amount_minor`,
  },
  {
    id: 'I05',
    sentence: 'A paid term has a captured charge of its own subscription.',
    sql: `
      select t.id as term, t.subscription_id, c.status from terms t left join charges c on c.id = t.charge_id
      where t.kind = 'paid' and (c.status is distinct from 'succeeded' or c.subscription_id <> t.subscription_id)`,
  },
  {
    id: 'I06',
    sentence: 'What is returned of a charge, or on its way back, is never more than was captured.',
    sql: `
      with ${RETURNED}
      select c.id as charge, c.amount_minor, r.amount as returned from charges c
      join returned r on r.charge_id = c.id where r.amount > c.amount_minor`,
  },
  {
    id: 'I07',
    sentence: 'A refund is positive, in the currency of its charge, of the same subscription, and of captured money.',
    sql: `
      select r.id as refund, r.charge_id, r.amount_minor, r.currency, c.status from refunds r
      left join charges c on c.id = r.charge_id
      where c.status is distinct from 'succeeded' or c.currency <> r.currency or r.amount_minor <= 0
        or c.subscription_id <> r.subscription_id`,
  },
  {
    id: 'I08',
    sentence: 'A cancellation returns exactly what the rules give, and makes at most one refund per charge.',
    sql: `
      with ${CANCELED},
      made as (
        select cancellation_id, charge_id, count(*) as refunds, sum(amount_minor) as amount, min(basis) as basis
        from refunds where cancellation_id is not null group by cancellation_id, charge_id),
      earlier as (
        select x.id, r.charge_id, sum(r.amount_minor) as amount from cancellations x
        join refunds r on r.subscription_id = x.subscription_id and r.cancellation_id is distinct from x.id
          and (r.created_at, r.id) < (x.effective_at, x.id)
        group by x.id, r.charge_id),
      -- What a bank held then counts as returned, also where the dispute was won later.
      held as (
        select x.id, b.charge_id, sum(b.amount_minor) as amount from cancellations x
        join chargebacks b on b.subscription_id = x.subscription_id and (b.opened_at, b.id) < (x.effective_at, x.id)
          and not exists (select from timeline_entries t where t.subscription_id = x.subscription_id
            and t.event = 'chargeback.won' and t.data->>'chargebackId' = b.id::text
            and (t.at, t.id) < (x.effective_at, x.id))
        group by x.id, b.charge_id),
      due as (
        select l.id, l.charge_id, l.basis,
          least(l.wanted, greatest(l.paid - coalesce(e.amount, 0) - coalesce(h.amount, 0), 0)) as amount
        from lawful l left join earlier e on e.id = l.id and e.charge_id = l.charge_id
        left join held h on h.id = l.id and h.charge_id = l.charge_id)
      select d.id as cancellation, d.charge_id, d.basis, d.amount as lawful, m.amount as returned, m.refunds
      from due d left join made m on m.cancellation_id = d.id and m.charge_id = d.charge_id
      where coalesce(d.amount, 0) <> coalesce(m.amount, 0) or m.refunds > 1 or m.basis <> d.basis
      union all
      select m.cancellation_id, m.charge_id, m.basis,
        c.amount_minor - coalesce(e.amount, 0) - coalesce(h.amount, 0), m.amount, m.refunds
      from made m join charges c on c.id = m.charge_id
      left join due d on d.id = m.cancellation_id and d.charge_id = m.charge_id
      left join earlier e on e.id = m.cancellation_id and e.charge_id = m.charge_id
      left join held h on h.id = m.cancellation_id and h.charge_id = m.charge_id
      where d.id is null and (m.amount <> c.amount_minor - coalesce(e.amount, 0) - coalesce(h.amount, 0)
        or m.refunds > 1 or m.basis <> 'full')`,
  },
  {
    id: 'I09',
    sentence: 'Nothing is captured without an authorization of the member that was valid when it was decided.',
    sql: `
      select c.id as charge, c.subscription_id, c.mandate_id, m.status from charges c
      left join mandates m on m.id = c.mandate_id
      where c.status = 'succeeded' and (m.id is null or m.subscription_id <> c.subscription_id
        or m.status = 'rejected' or m.authorized_at > c.settled_at
        or (m.status = 'revoked' and m.decided_at < c.created_at))`,
  },
  {
    id: 'I10',
    sentence: 'Nothing is charged after an acknowledged end, opt-out or switched-off auto-renewal.',
    sql: `
      with ${SWITCHED_OFF}
      select c.id as charge, c.subscription_id, c.created_at, s.ended_at as stopped_at from charges c
      join subscriptions s on s.id = c.subscription_id where c.created_at > s.ended_at
      union all
      select q.subject_id, q.subscription_id, q.intended_at, s.ended_at from gateway_requests q
      join subscriptions s on s.id = q.subscription_id
      where q.kind in ('charge', 'add_on') and q.intended_at > s.ended_at
      union all
      select c.id, c.subscription_id, c.created_at, o.at from off o
      join charges c on c.subscription_id = o.subscription_id
      where c.purpose in ('conversion', 'renewal') and (c.created_at, c.id) > (o.at, o.id)
        and (o.until is null or c.created_at < o.until)`,
  },
  {
    id: 'I12',
    sentence: "A term's charge has the amount and currency of the term's price.",
    sql: `
      select t.id as term, t.price_minor, t.currency, c.amount_minor as charged, c.currency as charged_currency
      from terms t join charges c on c.id = t.charge_id
      where c.amount_minor <> t.price_minor or c.currency <> t.currency`,
  },
  {
    id: 'I13',
    sentence: 'At most one fee of a subscription is undecided.',
    sql: `
      select subscription_id, count(*) as undecided from gateway_requests
      where kind = 'charge' and decided_at is null group by subscription_id having count(*) > 1`,
  },
  {
    id: 'I20',
    sentence: 'An idempotency key has one result: finished with its answer, or open without one.',
    sql: `
      select caller, key, status from idempotency_keys
      where (status is null) <> (body is null) or (status is not null and locked_until is not null)`,
  },
  {
    id: 'I21',
    sentence: 'Charges and refunds say what the gateway has answered: a yes is kept, and paid twice is a case.',
    sql: `
      with answered as (
        select subject_id, count(*) as yes, array_agg(gateway_id) as gateway_ids,
          max((asks->>'amountMinor')::bigint) as largest, sum((asks->>'amountMinor')::bigint) as total from gateway_requests
        where status = 'succeeded' and kind <> 'validation' and (kind <> 'refund' or code is null) group by subject_id),
      kept as (
        select id, subscription_id, status, gateway_payment_id as gateway_id, 0 as otherwise, amount_minor as amount from charges
        union all
        select id, subscription_id, status, gateway_refund_id, case when paid_otherwise_at is null then 0 else 1 end,
          amount_minor - covered_minor from refunds)
      select k.id, k.subscription_id, k.status, k.gateway_id, coalesce(a.yes, 0) as yes from kept k
      left join answered a on a.subject_id = k.id
      where (k.status = 'succeeded')
          <> (k.otherwise > 0 or (coalesce(a.yes, 0) > 0 and coalesce(a.total, k.amount) >= k.amount))
        or (k.gateway_id is not null and not coalesce(k.gateway_id = any (a.gateway_ids), false))
        or (a.yes + k.otherwise > 1 and a.largest >= k.amount and not exists (
          select from cases x where x.kind in ('answer_contradicts', 'refund_paid_twice') and x.subject_id = k.id))`,
  },
  {
    id: 'I25',
    sentence: 'A charge knows what banks hold back of it and what they have taken.',
    sql: `
      select c.id as charge, c.subscription_id, c.disputed_minor, c.charged_back_minor from charges c
      left join (
        select charge_id, coalesce(sum(amount_minor) filter (where status = 'open'), 0) as open,
          coalesce(sum(amount_minor) filter (where status = 'lost'), 0) as lost from chargebacks group by charge_id) b
        on b.charge_id = c.id
      where c.disputed_minor <> coalesce(b.open, 0) or c.charged_back_minor <> coalesce(b.lost, 0)`,
  },
];
