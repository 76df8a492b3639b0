import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Every job is declared in the code, over rows that are there as soon as the work is: the view of all due work goes, a price
 * carries whether its news was told, a company's counters exist as soon as a fact waits for a document, a lost chargeback
 * asks for its credit note by itself, and a decided request can be asked about once more.
 */
export class DeclaredWork1764300000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [DUE_WORK, QUERIES, PRICES, DELIVERIES, DOCUMENTS, CREDIT_NOTES])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

// An older build finds its migration missing, and makes the view again.
const DUE_WORK = `
drop view if exists due_work;
delete from migrations where name = 'DueWork1764000000900';
`;

/** A decided request may be asked about once more, when another source says otherwise. */
const QUERIES = `
alter table gateway_requests drop constraint gateway_requests_check1;
alter table gateway_requests add constraint gateway_requests_asked_check check (
  case when status in ('unknown', 'waiting_for_member') then next_query_at is not null
    when status in ('intended', 'submitted') then next_query_at is null else true end);
`;

const PRICES = `
alter table prices add announced_at timestamptz(3), add claimed_until timestamptz;
update prices p set announced_at = p.published_at from price_announcements a where a.price_id = p.id and a.done;
drop table price_announcements;
`;

/** What was never tried is told at once. */
const DELIVERIES = `
drop index deliveries_due;
create index deliveries_due on deliveries
  (endpoint, (case when attempts = 0 then '-infinity' else next_attempt_at end)) where status = 'pending';
`;

const DOCUMENTS = `
create function open_document_counters(company text) returns void language plpgsql as $$
begin
  if exists (select from document_counters where entity = company) then return; end if;
  -- One company after the other: the first is INV1 and CN1, the next INV2 and CN2.
  perform pg_advisory_xact_lock(hashtextextended('document counters', 0));
  insert into document_counters (id, entity, kind, prefix)
  select gen_random_uuid(), company, kind.name, kind.prefix || (select count(distinct entity) + 1 from document_counters)
  from (values ('invoice', 'INV'), ('credit_note', 'CN')) kind (name, prefix)
  on conflict (entity, kind) do nothing;
end $$;

create or replace function await_document() returns trigger language plpgsql as $$
begin
  perform open_document_counters(new.entity);
  insert into undocumented_facts (entity, kind, transaction_id)
  values (new.entity, case new.fact when 'capture' then 'invoice' else 'credit_note' end, new.transaction_id);
  return null;
end $$;
`;

/** By the company that owes the service, whoever had captured the money. */
const CREDIT_NOTES = `
create function await_credit_note() returns trigger language plpgsql as $$
declare
  company text := (select entity from deferred_fees where charge_id = new.charge_id);
begin
  perform open_document_counters(company);
  insert into undocumented_facts (entity, kind, transaction_id)
  select company, 'credit_note', t.id from ledger_transactions t
  where t.fact = 'chargeback_lost' and t.subject_id = new.id;
  return null;
end $$;
create trigger lost_chargebacks_await_credit_notes after update on chargebacks for each row
  when (old.credited_minor = 0 and new.credited_minor > 0) execute function await_credit_note();
`;

const DOWN = `
alter table gateway_requests drop constraint gateway_requests_asked_check;
update gateway_requests set next_query_at = null where decided_at is not null;
alter table gateway_requests add constraint gateway_requests_check1
  check ((status in ('unknown', 'waiting_for_member')) = (next_query_at is not null));
drop trigger lost_chargebacks_await_credit_notes on chargebacks;
drop function await_credit_note;
create or replace function await_document() returns trigger language plpgsql as $$
begin
  insert into undocumented_facts (entity, kind, transaction_id)
  values (new.entity, case new.fact when 'capture' then 'invoice' else 'credit_note' end, new.transaction_id);
  return null;
end $$;
drop function open_document_counters;
drop index deliveries_due;
create index deliveries_due on deliveries (endpoint, next_attempt_at) where status = 'pending';
create table price_announcements (
  price_id uuid primary key references prices,
  done boolean not null default false,
  claimed_until timestamptz
);
insert into price_announcements (price_id, done) select id, true from prices where announced_at is not null;
alter table prices drop announced_at, drop claimed_until;
`;
