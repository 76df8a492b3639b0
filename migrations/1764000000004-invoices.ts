import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Invoices and credit notes, the counters that number them, and the facts of the ledger that wait for theirs. */
export class Invoices1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [DOCUMENTS, WAITING, GUARDS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

/**
 * A document copies what it says and, like the ledger, points at no row that payments lock: issuing a thousand of them
 * must neither wait for a member who cancels nor hold one up.
 */
const DOCUMENTS = `
create table document_counters (
  id uuid primary key,
  entity text not null,
  kind text not null check (kind in ('invoice', 'credit_note')),
  prefix text not null unique,
  last_number integer not null default 0 check (last_number >= 0),
  last_issued_at timestamptz(3),
  claimed_until timestamptz,
  unique (entity, kind)
);

-- id: the ledger transaction it documents
create table documents (
  id uuid primary key references ledger_transactions,
  kind text not null,
  entity text not null,
  sequence integer not null check (sequence > 0),
  number text not null unique,
  issued_at timestamptz(3) not null,
  posted_at timestamptz(3) not null,
  subscription_id uuid not null,
  user_id text not null,
  country text not null,
  description text not null,
  term_number integer not null,
  add_on text,
  starts_at timestamptz(3),
  ends_at timestamptz(3),
  currency text not null,
  gross_minor bigint not null check (gross_minor > 0),
  tax_minor bigint not null check (tax_minor between 0 and gross_minor),
  tax_basis_points integer not null,
  charge_id uuid not null,
  charge_reference text not null,
  clause text not null,
  invoice_id uuid references documents,
  invoice_number text,
  refund_id uuid unique,
  chargeback_id uuid unique,
  basis text,
  unique (entity, kind, sequence),
  foreign key (entity, kind) references document_counters (entity, kind),
  check ((add_on is null) = (starts_at is not null) and (starts_at is null) = (ends_at is null)),
  check ((kind = 'credit_note') = (invoice_id is not null)),
  check ((invoice_id is null) = (invoice_number is null) and (invoice_id is null) = (basis is null)),
  check (num_nonnulls(refund_id, chargeback_id) = case when invoice_id is null then 0 else 1 end)
);
create unique index one_invoice_per_charge on documents (charge_id) where kind = 'invoice';
create index documents_newest on documents (issued_at, id);
create index documents_by_entity on documents (entity, issued_at, id);
create index documents_by_subscription on documents (subscription_id, issued_at, id);
`;

/** Filled in the commit of the fact, by the ledger itself for a chargeback that was lost; docs/decisions say why neither a watermark nor a join over the ledger would do. */
const WAITING = `
create table undocumented_facts (
  entity text not null,
  kind text not null,
  transaction_id uuid not null,
  primary key (entity, kind, transaction_id)
);

create function await_document() returns trigger language plpgsql as $$
begin
  insert into undocumented_facts (entity, kind, transaction_id)
  values (new.entity, case new.fact when 'capture' then 'invoice' else 'credit_note' end, new.transaction_id);
  return null;
end $$;
create trigger facts_await_documents after insert on ledger_entries for each row
  when (new.fact = 'capture' and new.account = 'gateway_receivable'
    or new.fact in ('refund_owed', 'compensation') and new.account = 'refunds_payable')
  execute function await_document();
`;

const GUARDS = `
create trigger documents_are_append_only before update or delete or truncate on documents
  for each statement execute function forbid_change();

create function keep_numbers_gapless() returns trigger language plpgsql as $$
begin
  if exists (select from added a where a.sequence > 1 and not exists (
      select from documents d where (d.entity, d.kind, d.sequence) = (a.entity, a.kind, a.sequence - 1))) then
    raise exception 'a document must carry the number that follows the last one of its company and kind';
  end if;
  return null;
end $$;
create trigger numbers_have_no_gap after insert on documents
  referencing new table as added for each statement execute function keep_numbers_gapless();
`;

const DOWN = `
drop trigger facts_await_documents on ledger_entries;
drop table undocumented_facts, documents, document_counters;
drop function await_document, keep_numbers_gapless;
`;
