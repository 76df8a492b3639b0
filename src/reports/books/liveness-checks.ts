/** What must come to an end: nothing stays undecided, untold or forgotten. */
import type { Check } from './check.js';

/** Machine and business time drift apart by no more than a poll that had a hard quarter of an hour. */
const PROMISE = `interval '15 minutes'`;

export const LIVENESS_CHECKS: readonly Check[] = [
  {
    id: 'L01',
    sentence: 'Nothing asked of a gateway is undecided for longer than its state deserves unless it is a case.',
    given: 'now',
    sql: `
      select q.id as request, q.kind, q.reference, q.status, q.intended_at from gateway_requests q
      where q.decided_at is null and q.status <> 'waiting_for_member'
        and coalesce(q.case_at, q.intended_at + interval '1 hour') < $1::timestamptz - ${PROMISE}
        and not exists (select from cases x where x.subject_id = q.id and x.resolved_at is null)
        and not exists (select from gateway_outages o where o.gateway = q.gateway and o.kind = 'locked_out')`,
  },
  {
    id: 'L02',
    sentence: 'What subscribers and members must be told is told, or tried, within a quarter of an hour of its time.',
    given: 'now',
    sql: `
      select 'delivery' as kind, id, next_attempt_at as due_at from deliveries
      where status = 'pending' and next_attempt_at < $1::timestamptz - ${PROMISE}
      union all
      select 'notice', id, due_at from notices where status = 'planned' and due_at < $1::timestamptz - ${PROMISE}`,
  },
  {
    id: 'L03',
    sentence: 'Nobody is forgotten: what was due is done within a quarter of an hour.',
    given: 'now',
    sql: `
      select due_move as job, id, due_at from subscriptions where due_at < $1::timestamptz - ${PROMISE}
      union all
      select 'query_request', id, next_query_at from gateway_requests where next_query_at < $1::timestamptz - ${PROMISE}
      union all
      select 'retry_refund', id, retry_at from refunds where retry_at < $1::timestamptz - ${PROMISE}
      union all
      select 'watch_refund', id, deadline_at from refunds
      where status <> 'succeeded' and overdue_at is null and deadline_at < $1::timestamptz - ${PROMISE}
      union all
      select 'ask_chargeback', id, next_query_at from chargebacks where next_query_at < $1::timestamptz - ${PROMISE}
      union all
      select 'ask_inquiry', id, next_query_at from dispute_inquiries where next_query_at < $1::timestamptz - ${PROMISE}
      union all
      select 'correct_capture', id, unapplied_at from charges
      where disputed_minor = 0 and unapplied_at < $1::timestamptz - ${PROMISE}
      union all
      select 'transfer_entity', id, effective_at from entity_transfers
      where done_at is null and started_at is null and effective_at < $1::timestamptz - ${PROMISE}
      union all
      select 'discontinue_market', id, effective_at from discontinuations
      where status = 'approved' and effective_at < $1::timestamptz - ${PROMISE}
      union all
      select 'close_month', id, started_at from month_closes
      where status = 'running' and started_at < $1::timestamptz - ${PROMISE}
      union all
      select 'issue_documents', u.transaction_id, t.at from undocumented_facts u
      join ledger_transactions t on t.id = u.transaction_id where t.at < $1::timestamptz - ${PROMISE}
      union all
      select 'match_settlement', id, received_at from settlements
      where status = 'running' and received_at < $1::timestamptz - ${PROMISE}
      union all
      select 'book_settlement', s.id, max(coalesce(b.closed_at, s.done_at)) from settlements s
      left join breaks b on b.settlement_id = s.id where s.status = 'done' and s.booked_at is null
      group by s.id having bool_and(b.id is null or b.closed_at is not null)
        and max(greatest(b.closed_at, s.done_at)) < $1::timestamptz - ${PROMISE}
      union all
      select 'pull_settlement', null, next_pull_at from settlement_pulls where next_pull_at < $1::timestamptz - ${PROMISE}
      union all
      select 'apply_event', null, coalesce(next_attempt_at, received_at) from gateway_events
      where applied_at is null and coalesce(next_attempt_at, received_at) < $1::timestamptz - ${PROMISE}`,
  },
];
