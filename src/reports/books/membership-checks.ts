/** What must always hold of subscriptions, terms, benefits and the timeline. */
import type { Check } from './check.js';

/** Days given back after mistaken findings (6.1.2), per subscription. */
const GIVEN_BACK = `
  given as (
    select subscription_id, sum((data->>'days')::int) as days from timeline_entries
    where event = 'subscription.reinstated' group by subscription_id)`;

const LIVE = `('pending_payment', 'trialing', 'active', 'past_due')`;

export const MEMBERSHIP_CHECKS: readonly Check[] = [
  {
    id: 'I01',
    sentence: 'A user has at most one live subscription in a market.',
    sql: `
      select user_id, country, count(*) as live from subscriptions where ended_at is null
      group by user_id, country having count(*) > 1`,
  },
  {
    id: 'I02',
    sentence:
      'Terms never overlap; a paid term begins where the last one ended, or at its payment when benefits had gone off.',
    sql: `
      with lined as (
        select id, subscription_id, number, kind, starts_at, charge_id, lag(ends_at) over own as last_ended_at,
          lag(kind) over own as last_kind, lag(rule_pack_version) over own as last_version
        from terms window own as (partition by subscription_id order by number)),
      placed as (
        select l.*, c.settled_at, l.last_ended_at + interval '24 hours' * (p.numbers->
          case l.last_kind when 'trial' then 'conversionGraceDays' else 'renewalGraceDays' end->>'value')::int as off_at
        from lined l join subscriptions s on s.id = l.subscription_id
        left join charges c on c.id = l.charge_id
        left join rule_packs p on p.country = s.country and p.version = l.last_version)
      select subscription_id, number, starts_at, last_ended_at, settled_at from placed
      where starts_at < last_ended_at
        or (kind = 'paid' and starts_at <> case when settled_at < off_at then last_ended_at else settled_at end)`,
  },
  {
    id: 'I03',
    sentence: 'A trial lasts the days of its offer and a paid term its 365, each with the days given back and no more.',
    sql: `
      with ${GIVEN_BACK},
      lasting as (
        select t.subscription_id, t.number, t.kind, t.starts_at, t.ends_at, s.country, s.created_at,
          extract(epoch from t.ends_at - t.starts_at) / 86400 as days,
          (p.numbers->'paidTermDays'->>'value')::int as paid_days, (p.numbers->'trialDays'->>'value')::int as trial_days
        from terms t join subscriptions s on s.id = t.subscription_id
        join rule_packs p on p.country = s.country and p.version = t.rule_pack_version
        where t.kind <> 'temporary'),
      measured as (
        select l.*, days - case kind when 'paid' then paid_days else (
          select max(offered) from (
            select trial_days as offered
            union all
            select o.days from trial_offers o
            where o.country = l.country and o.starts_at <= l.created_at and l.created_at < o.ends_at) one
          where offered <= days) end as extra
        from lasting l),
      summed as (select *, sum(extra) over (partition by subscription_id) as all_extra from measured)
      select m.subscription_id, m.number, m.kind, m.days, coalesce(g.days, 0) as days_given_back
      from summed m left join given g using (subscription_id)
      where m.days <> trunc(m.days) or m.extra is null or m.extra < 0 or m.all_extra > coalesce(g.days, 0)`,
  },
  {
    id: 'I11',
    sentence: 'Nothing is converted before its trial ended, and nothing renewed before its term ended.',
    sql: `
      with ${GIVEN_BACK}
      select c.id as charge, c.subscription_id, c.purpose, c.created_at, t.ends_at from charges c
      join terms t on t.subscription_id = c.subscription_id and t.number = c.term_number - 1
      left join given g on g.subscription_id = c.subscription_id
      where c.purpose in ('conversion', 'renewal')
        and c.created_at < t.ends_at - interval '24 hours' * coalesce(g.days, 0)`,
  },
  {
    id: 'I14',
    sentence: 'No benefit was used outside entitlement: before a term, after its grace, after the end, or suspended.',
    sql: `
      with held as (
        select subscription_id, event, at, lead(at) over (partition by subscription_id order by id) as until
        from timeline_entries where event in ('subscription.suspended', 'subscription.reinstated')),
      used as (
        select u.id as benefit_use, u.subscription_id, u.used_at, s.ended_at, s.country
        from benefit_uses u join subscriptions s on s.id = u.subscription_id)
      select benefit_use, subscription_id, used_at, 'after the end' as why from used where used_at > ended_at
      union all
      select benefit_use, subscription_id, used_at, 'outside every term' from used u
      where not exists (
        select from terms t join rule_packs p on p.version = t.rule_pack_version
        where t.subscription_id = u.subscription_id and p.country = u.country and u.used_at >= t.starts_at
          and u.used_at < t.ends_at + interval '24 hours' * (p.numbers->
            case t.kind when 'trial' then 'conversionGraceDays' else 'renewalGraceDays' end->>'value')::int)
      union all
      select u.benefit_use, u.subscription_id, u.used_at, 'suspended' from held h
      join used u on u.subscription_id = h.subscription_id
      where h.event = 'subscription.suspended' and u.used_at > h.at and (h.until is null or u.used_at < h.until)`,
  },
  {
    id: 'I18',
    sentence: 'An end is final and on the timeline; only a mistaken finding reopens it, as a move of its own.',
    sql: `
      with ended as (
        select subscription_id, event, at from (
          select subscription_id, event, at, row_number() over (partition by subscription_id order by id desc) as back
          from timeline_entries where event in ('subscription.abandoned', 'subscription.expired',
            'subscription.canceled', 'subscription.revoked', 'subscription.discontinued')) line
        where back = 1)
      select s.id as subscription, s.status, s.ended_at, s.reopened_at, e.event, e.at
      from subscriptions s left join ended e on e.subscription_id = s.id
      where (s.ended_at is null) <> (s.status in ${LIVE})
        or (s.ended_at is not null and e.event is distinct from 'subscription.' || s.status)
        or (s.ended_at is null and e.at is not null and (s.reopened_at is null or s.reopened_at < e.at))`,
  },
  {
    id: 'I19',
    sentence: 'A user has one trial, in whatever market.',
    sql: `
      select s.user_id, count(*) as trials from terms t join subscriptions s on s.id = t.subscription_id
      where t.kind = 'trial' group by s.user_id having count(*) > 1`,
  },
  {
    id: 'I22',
    sentence:
      'The timeline of each subscription is a chain without a gap, and every link is what its lines make of it.',
    sql: `
      select id, subscription_id, sequence from (
        select t.*, row_number() over own as place, lag(hash, 1, '') over own as previous
        from timeline_entries t window own as (partition by subscription_id order by sequence)) chained
      where sequence <> place
        or hash <> hash_of_line(previous, id, sequence, at, actor, event, clause, explanation, data)`,
  },
  {
    id: 'I23',
    sentence: 'Every charge, refund and cancellation is on the timeline.',
    sql: `
      with told as (
        select event, coalesce(data->>'refundId', data->>'chargeId') as subject, subscription_id from timeline_entries
        where event in ('charge.opened', 'refund.created', 'refund.adopted', 'subscription.canceled', 'subscription.discontinued'))
      select 'charge' as kind, c.id, c.subscription_id from charges c
      where not exists (select from told where event = 'charge.opened' and subject = c.id::text)
      union all
      select 'refund', r.id, r.subscription_id from refunds r
      where not exists (select from told where event in ('refund.created', 'refund.adopted') and subject = r.id::text)
      union all
      select 'cancellation', x.id, x.subscription_id from cancellations x
      where not exists (select from told t where t.subscription_id = x.subscription_id
        and t.event in ('subscription.canceled', 'subscription.discontinued'))`,
  },
  {
    id: 'I24',
    sentence: 'No card number is at rest.',
    sql: `
      with texts as (
        select 'timeline_entries' as place, id::text as row, explanation || ' ' || data::text as text from timeline_entries
        union all select 'cancellations', id::text, reason from cancellations
        union all select 'standings', user_id, reason from standings
        union all select 'revocations', id::text, evidence from revocations
        union all select 'mandates', id::text, token from mandates
        union all select 'benefit_uses', id::text, order_id from benefit_uses
        union all select 'benefit_freezes', subscription_id::text, reason from benefit_freezes
        union all select 'cases', id::text, explanation || ' ' || data::text || ' ' || coalesce(resolution, '') from cases
        union all select 'gateway_events', id, payload::text from gateway_events
        union all select 'deliveries', id::text, coalesce(last_error, '') || ' ' || coalesce(answer, '') from deliveries
        union all select 'refunds', id::text, concat_ws(' ', calculation, paid_otherwise_reason, bank_reference) from refunds
        union all select 'manual_refunds', id::text, reason || ' ' || bank_reference from manual_refunds
        union all select 'chargebacks', id::text, reason from chargebacks
        union all select 'breaks', id::text, concat_ws(' ', gateway_reference, transaction_id, reference) from breaks
        union all select 'break_resolutions', id::text, reason from break_resolutions
        union all select 'settlement_lines', settlement_id || ' ' || number, concat_ws(' ', transaction_id, source_id, reference)
          from settlement_lines
        union all select 'discontinuations', id::text, reason from discontinuations
        union all select 'outbox_events', id::text, data::text from outbox_events
        union all select 'idempotency_keys', caller, body::text from idempotency_keys),
      -- Ids are all digits now and then, and no card's number.
      runs as (
        select place, row, translate(run[1], ' -', '') as digits from texts, regexp_matches(
          regexp_replace(text, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', ' id ', 'gi'),
          '\\m(?:[2-6][0-9]{12,18}|[2-6][0-9]{3}(?:[ -][0-9]{4}){3}|[2-6][0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5})\\M', 'g') as run
        where text ~ '[2-6](?:[ -]?[0-9]){12}')
      select place, row from runs, lateral (
        select sum(case when n % 2 = 1 then digit when digit < 5 then digit * 2 else digit * 2 - 9 end) as luhn
        from generate_series(1, length(digits)) n, lateral (select substr(reverse(digits), n, 1)::int as digit) one) sum
      where luhn % 10 = 0`,
  },
];
