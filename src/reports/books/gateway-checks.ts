/**
 * What must hold between our books and the gateway's own list of movements. The list comes as a parameter, so that this
 * writes nothing; a movement whose request is still undecided here is on its way, not lost.
 */
import type { Check } from './check.js';
import { SWITCHED_OFF } from './money-checks.js';

/** The gateway's list, less the refunds it could not deliver, beside the requests we made, and what of them we hold for done. */
const BOTH_SIDES = `
  listed as (
    select * from jsonb_to_recordset($1::jsonb) as m (type text, "paymentIntent" text, reference text, amount bigint,
      currency text, before boolean)),
  there as (
    select l.* from listed l
    left join listed f on f.type = 'refund_failure' and f.reference = l.reference and l.type = 'refund'
    where l.type in ('capture', 'refund') and f.reference is null),
  asked as (
    select q.reference, q.subject_id, q.subscription_id, q.status, q.code, q.decided_at, q.intended_at,
      case q.kind when 'refund' then 'refund' else 'capture' end as type
    from gateway_requests q where q.kind <> 'validation'),
  here as (
    select a.type, a.reference, a.subject_id, a.subscription_id, c.amount_minor as amount, c.currency
    from asked a join charges c on c.id = a.subject_id and c.status = 'succeeded' where a.status = 'succeeded'
    union all
    select a.type, a.reference, a.subject_id, a.subscription_id, r.amount_minor, r.currency
    from asked a join refunds r on r.id = a.subject_id and r.status = 'succeeded'
    where a.status = 'succeeded' and a.code is null)`;

const lost = (type: 'capture' | 'refund'): string => `
  with ${BOTH_SIDES}
  select t.reference, t."paymentIntent" as payment, t.amount, t.currency, a.status as here from there t
  left join asked a on a.reference = t.reference and a.type = t.type
  left join here h on h.reference = t.reference and h.type = t.type
  where t.type = '${type}' and t.before and h.reference is null and (a.reference is null or a.decided_at is not null)`;

const phantom = (type: 'capture' | 'refund'): string => `
  with ${BOTH_SIDES}
  select h.reference, h.subscription_id, h.amount, h.currency from here h
  left join there t on t.reference = h.reference and t.type = h.type
  where h.type = '${type}' and t.reference is null`;

const twice = (type: 'capture' | 'refund'): string => `
  with ${BOTH_SIDES}
  select a.subject_id as ${type === 'capture' ? 'charge' : 'refund'}, a.subscription_id, count(*) as times,
    array_agg(t.reference) as references
  from there t join asked a on a.reference = t.reference and a.type = t.type
  where t.type = '${type}' group by a.subject_id, a.subscription_id having count(*) > 1`;

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
      select h.reference, h.amount as ours, h.currency as our_currency, t.amount as theirs, t.currency as their_currency
      from here h join there t on t.reference = h.reference and t.type = h.type
      where h.amount <> t.amount or h.currency <> t.currency`,
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
        select a.*, c.purpose, c.created_at from there t join asked a on a.reference = t.reference and a.type = t.type
        join charges c on c.id = a.subject_id where t.type = 'capture')
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
        select a.subscription_id, t.currency, sum(case t.type when 'capture' then t.amount else -t.amount end) as amount
        from there t join asked a on a.reference = t.reference and a.type = t.type
        where a.decided_at is not null group by a.subscription_id, t.currency),
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
