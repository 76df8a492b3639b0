/**
 * What must hold between our books and the gateway's own list of movements. The list comes as a parameter, so that this
 * writes nothing; a movement whose request is still undecided here is on its way, not lost.
 */
import type { Check } from './check.js';
import { SWITCHED_OFF } from './money-checks.js';

/**
 * The gateway's list, less the refunds it could not deliver, beside the requests we made and what of them we hold for done.
 * A full join is never a nested loop: nobody can tell the planner how long the list is.
 */
const BOTH_SIDES = `
  moved as (
    select * from jsonb_to_recordset($1::jsonb) as m (type text, "paymentIntent" text, reference text, amount bigint,
      currency text, refund text, before boolean)),
  -- A refund that others had made goes under the reference it has here.
  named as (
    select m.type, m."paymentIntent", coalesce(k.reference, m.reference, m.refund) as reference, m.amount, m.currency, m.before
    from moved m left join gateway_requests k on m.type like 'refund%' and k.kind = 'refund' and k.gateway_id = m.refund),
  listed as (
    select *, bool_or(type = 'refund_failure') over (partition by reference) and reference is not null as undelivered
    from named),
  there as (select * from listed where type = 'capture' or (type = 'refund' and not undelivered)),
  asked as (
    select case q.kind when 'refund' then 'refund' else 'capture' end as type, q.reference, q.subject_id, q.subscription_id,
      q.status, q.decided_at, q.intended_at, coalesce(c.amount_minor, (q.asks->>'amountMinor')::bigint, r.amount_minor) as ours,
      coalesce(c.amount_minor, r.amount_minor) as whole, coalesce(c.currency, r.currency) as our_currency,
      q.status = 'succeeded' and coalesce(c.status = 'succeeded', q.code is null, false) as here
    from gateway_requests q left join charges c on c.id = q.subject_id left join refunds r on r.id = q.subject_id
    where q.kind <> 'validation'),
  sides as (
    select type, reference, subject_id, subscription_id, status, decided_at, intended_at, ours, whole, our_currency,
      t."paymentIntent" as payment, t.amount as theirs, t.currency as their_currency, coalesce(t.before, false) as before,
      t.amount is not null as there, a.subject_id is not null as asked, coalesce(a.here, false) as here
    from there t full join asked a using (type, reference))`;

const lost = (type: 'capture' | 'refund'): string => `
  with ${BOTH_SIDES}
  select reference, payment, theirs as amount, their_currency as currency, status as here from sides
  where type = '${type}' and there and before and not here and (not asked or decided_at is not null)`;

const phantom = (type: 'capture' | 'refund'): string => `
  with ${BOTH_SIDES}
  select reference, subscription_id, ours as amount, our_currency as currency from sides
  where type = '${type}' and here and not there`;

const twice = (type: 'capture' | 'refund'): string => `
  with ${BOTH_SIDES}
  select subject_id as ${type === 'capture' ? 'charge' : 'refund'}, subscription_id, count(*) as times,
    array_agg(reference) as references
  from sides where type = '${type}' and there and asked group by subject_id, subscription_id
  having count(*) > 1 and sum(theirs) > min(whole)`;

export const GATEWAY_CHECKS: readonly Check[] = [
  {
    id: 'G01',
    sentence: 'No charge is lost: what the gateway captured is captured here.',
    given: 'movements',
    sql: lost('capture'),
  },
  {
    id: 'G02',
    sentence: 'No charge is a phantom: what is captured here the gateway has captured.',
    given: 'movements',
    sql: phantom('capture'),
  },
  { id: 'G03', sentence: 'No charge is captured twice.', given: 'movements', sql: twice('capture') },
  {
    id: 'G04',
    sentence: 'No refund is lost: what the gateway returned is returned here.',
    given: 'movements',
    sql: lost('refund'),
  },
  {
    id: 'G05',
    sentence: 'No refund is a phantom: what is returned here the gateway has returned.',
    given: 'movements',
    sql: phantom('refund'),
  },
  { id: 'G06', sentence: 'No refund is returned twice.', given: 'movements', sql: twice('refund') },
  {
    id: 'G07',
    sentence: 'Amounts and currencies are the same on both sides.',
    given: 'movements',
    sql: `
      with ${BOTH_SIDES}
      select reference, ours, our_currency, theirs, their_currency from sides
      where here and there and (ours <> theirs or our_currency <> their_currency)`,
  },
  {
    id: 'G08',
    sentence: 'The gateway never returned more of a payment than it captured.',
    given: 'movements',
    sql: `
      with ${BOTH_SIDES}
      select "paymentIntent" as payment, sum(amount) filter (where type = 'capture') as captured,
        sum(amount) filter (where type = 'refund') as returned
      from there where "paymentIntent" is not null group by "paymentIntent"
      having coalesce(sum(amount) filter (where type = 'refund'), 0)
        > coalesce(sum(amount) filter (where type = 'capture'), 0)`,
  },
  {
    id: 'G09',
    sentence: 'Nothing was captured that was decided after a promise to stop.',
    given: 'movements',
    sql: `
      with ${BOTH_SIDES},
      ${SWITCHED_OFF},
      captured as (
        select x.reference, x.subject_id, x.subscription_id, x.intended_at, c.purpose, c.created_at from sides x
        join charges c on c.id = x.subject_id where x.type = 'capture' and x.there)
      select c.reference, c.subscription_id, c.intended_at, s.ended_at as stopped_at from captured c
      join subscriptions s on s.id = c.subscription_id where c.intended_at > s.ended_at
      union all
      select c.reference, c.subscription_id, c.created_at, o.at from off o
      join captured c on c.subscription_id = o.subscription_id
      where c.purpose in ('conversion', 'renewal') and (c.created_at, c.subject_id) > (o.at, o.id)
        and (o.until is null or c.created_at < o.until)`,
  },
  {
    id: 'G10',
    sentence: "Per subscription, the gateway's net cash is the ledger's.",
    given: 'movements',
    sql: `
      with ${BOTH_SIDES},
      cash as (
        select subscription_id, their_currency as currency, sum(case type when 'capture' then theirs else -theirs end) as amount
        from sides where there and asked and decided_at is not null group by subscription_id, their_currency),
      posted as (
        select subscription_id, currency, sum(amount_minor) as amount from ledger_entries
        where account = 'gateway_receivable' and subscription_id is not null and fact not like 'chargeback%'
        group by subscription_id, currency)
      select subscription_id, currency, c.amount as gateway, p.amount as ledger
      from cash c full join posted p using (subscription_id, currency)
      where coalesce(c.amount, 0) <> coalesce(p.amount, 0)`,
  },
  {
    id: 'G11',
    sentence: 'No chargeback is a phantom: what a bank has taken or given back here, the gateway tells too.',
    given: 'movements',
    sql: `
      with ${BOTH_SIDES},
      told as (
        select "paymentIntent" as payment, type, sum(amount) as amount, min(currency) as currency from listed
        where type in ('chargeback', 'chargeback_reversal') group by "paymentIntent", type),
      booked as (
        select charge_id, 'chargeback' as type, sum(amount_minor) as amount from chargebacks group by charge_id
        union all
        select charge_id, 'chargeback_reversal', sum(amount_minor) from chargebacks where status = 'won' group by charge_id)
      select c.reference, c.subscription_id, b.type, b.amount as ours, t.amount as theirs from booked b
      join charges c on c.id = b.charge_id
      left join told t on t.payment = c.gateway_payment_id and t.type = b.type
      where b.amount > coalesce(t.amount, 0) or t.currency <> c.currency`,
  },
];
