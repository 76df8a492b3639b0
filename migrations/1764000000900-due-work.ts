import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What there is to do and since when, over all tables; '-infinity' = at once, whatever the business time. */
export class DueWork1764000000900 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view due_work');
  }
}

const UP = `
create view due_work as
  select due_move as duty, due_at from subscriptions where due_at is not null
  union all
  select 'submit_request', '-infinity'::timestamptz from gateway_requests where status in ('intended', 'submitted')
  union all
  select 'query_request', next_query_at from gateway_requests where next_query_at is not null
  union all
  select 'tell_members', '-infinity'::timestamptz from discontinuations where told_at is null
  union all
  select 'discontinue_market', effective_at from discontinuations where status = 'approved'
  union all
  select 'close_discontinuation', '-infinity'::timestamptz from discontinuations where status = 'running'
  union all
  select 'correct_capture', '-infinity'::timestamptz from charges
    where unserved_at is not null and disputed_minor = 0
  union all
  select 'retry_refund', retry_at from refunds where retry_at is not null
  union all
  select 'watch_refund', deadline_at from refunds
    where status <> 'succeeded' and overdue_at is null and deadline_at is not null
  union all
  select 'ask_chargeback', next_query_at from chargebacks where next_query_at is not null
  union all
  select 'transfer_entity', effective_at from entity_transfers where done_at is null
  union all
  select 'give_notice', due_at from notices where status = 'planned'
  union all
  select 'announce_price', '-infinity'::timestamptz from prices p
    where exists (select 1 from prices q where q.country = p.country and q.effective_from < p.effective_from)
      and not exists (select 1 from price_announcements a where a.price_id = p.id and a.done)
  union all
  select 'deliver_event', case when attempts = 0 then '-infinity' else next_attempt_at end from deliveries
    where status = 'pending'
  union all
  select 'close_month', '-infinity'::timestamptz from month_closes where status = 'running'
  union all
  select 'issue_documents', '-infinity'::timestamptz from undocumented_facts
  union all
  select 'match_settlement', '-infinity'::timestamptz from settlements where status = 'running'
  union all
  select 'book_settlement', '-infinity'::timestamptz from settlements s where status = 'done' and booked_at is null
    and not exists (select 1 from breaks b where b.settlement_id = s.id and b.closed_at is null)
  union all
  select 'pull_settlement', next_pull_at from settlement_pulls
  union all
  select 'apply_event', coalesce(next_attempt_at, '-infinity'::timestamptz) from gateway_events where applied_at is null;
`;
