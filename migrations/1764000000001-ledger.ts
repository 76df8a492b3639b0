import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The books: what was posted, what of each fee is still owed in service, and the months that are closed. */
export class Ledger1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [TAX, LEDGER, FEES, LAW, GUARDS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const TAX = `
create table tax_rates (
  country text not null references markets,
  effective_from timestamptz(3) not null,
  basis_points integer not null check (basis_points between 0 and 10000),
  source text not null,
  published_at timestamptz(3) not null,
  published_by text not null default 'shipped',
  primary key (country, effective_from)
);
`;

/** Debit is positive, credit negative. Entries name everything themselves, so that reading them needs no join. */
const LEDGER = `
create table ledger_transactions (
  id uuid primary key,
  fact text not null check (fact in ('capture', 'capture_unserved', 'recognition', 'refund_owed', 'compensation',
    'fee_kept', 'forfeiture', 'forfeiture_corrected', 'refund_paid', 'refund_bounced', 'refund_paid_otherwise',
    'add_on_used', 'entity_transfer', 'settlement', 'chargeback_opened', 'chargeback_won', 'chargeback_lost',
    'write_off')),
  subject_id uuid not null,
  occurrence integer not null check (occurrence > 0),
  at timestamptz(3) not null,
  unique (fact, subject_id, occurrence)
);

create table ledger_entries (
  transaction_id uuid not null,
  line integer not null check (line > 0),
  at timestamptz(3) not null,
  fact text not null,
  clause text,
  entity text not null,
  currency text not null,
  account text not null check (account in ('bank', 'gateway_receivable', 'disputed_captures', 'intercompany',
    'deferred_revenue', 'deferred_add_ons', 'tax_payable', 'refunds_payable', 'membership_revenue', 'add_on_revenue',
    'benefit_deductions', 'forfeited_fees', 'revenue_reductions', 'gateway_fees', 'chargeback_losses', 'write_offs')),
  amount_minor bigint not null check (amount_minor <> 0),
  subscription_id uuid,
  term_number integer,
  primary key (transaction_id, line)
);
create index ledger_entries_by_subscription on ledger_entries (subscription_id);
create index ledger_entries_by_time on ledger_entries using brin (at);
`;

const FEES = `
create table deferred_fees (
  charge_id uuid primary key references charges,
  subscription_id uuid not null references subscriptions,
  term_number integer not null,
  kind text not null check (kind in ('term', 'add_on')),
  entity text not null,
  currency text not null,
  gross_minor bigint not null check (gross_minor > 0),
  tax_minor bigint not null check (tax_minor >= 0 and tax_minor < gross_minor),
  tax_basis_points integer not null,
  starts_at timestamptz(3),
  ends_at timestamptz(3),
  captured_at timestamptz(3) not null,
  recognised_minor bigint not null default 0,
  recognised_until timestamptz(3),
  -- what it was before the latest close, so that one statement can move it and post the difference
  recognised_before_minor bigint not null default 0,
  returned_minor bigint not null default 0 check (returned_minor between 0 and gross_minor),
  status text not null check (status in ('open', 'earned', 'ended', 'forfeited')),
  check (recognised_minor between 0 and gross_minor - tax_minor),
  check ((kind = 'term') = (starts_at is not null) and (starts_at is null) = (ends_at is null)),
  check (starts_at < ends_at)
) with (fillfactor = 50);
create index deferred_fees_open on deferred_fees (charge_id) where status = 'open';
create index deferred_fees_by_subscription on deferred_fees (subscription_id);

create table month_closes (
  id uuid primary key,
  month text not null unique check (month ~ '^\\d{4}-(0[1-9]|1[0-2])$'),
  ends_at timestamptz(3) not null unique,
  status text not null check (status in ('running', 'done')),
  total integer not null,
  looked_at integer not null default 0,
  terms integer not null default 0,
  entries integer not null default 0,
  looked_through_to uuid not null default '00000000-0000-0000-0000-000000000000',
  requested_by text not null,
  started_at timestamptz(3) not null,
  done_at timestamptz(3),
  claimed_until timestamptz,
  check ((status = 'done') = (done_at is not null))
);
`;

/** The law of src/domain/deferred-fee.ts, for statements over many fees. */
const LAW = `
create function days_of_term(starts_at timestamptz, ends_at timestamptz) returns bigint immutable language sql
  return round(date_part('epoch', ends_at - starts_at) / 86400)::bigint;

create function days_left_of_term(starts_at timestamptz, ends_at timestamptz, at timestamptz) returns bigint
  immutable language sql
  return least(greatest(ceil(date_part('epoch', ends_at - at) / 86400)::bigint, 0), days_of_term(starts_at, ends_at));

create function earned_minor(net_minor bigint, starts_at timestamptz, ends_at timestamptz, at timestamptz)
  returns bigint immutable language sql
  return net_minor - (2 * net_minor * days_left_of_term(starts_at, ends_at, at) + days_of_term(starts_at, ends_at))
    / (2 * days_of_term(starts_at, ends_at));
`;

const GUARDS = `
create function keep_ledger_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append only: post a correction', tg_table_name;
end $$;
create trigger transactions_are_append_only before update or delete or truncate on ledger_transactions
  for each statement execute function keep_ledger_append_only();
create trigger entries_are_append_only before update or delete or truncate on ledger_entries
  for each statement execute function keep_ledger_append_only();

create function keep_closed_months() returns trigger language plpgsql as $$
begin
  -- While a month closes, only what it earned is still posted into it.
  if exists (select from month_closes where ends_at > new.at
             and (status = 'done' or new.fact not in ('recognition', 'fee_kept'))) then
    raise exception 'the month of % is closed: post a correction in an open one', new.at;
  end if;
  return new;
end $$;
create trigger closed_months_stay_closed before insert on ledger_transactions
  for each row execute function keep_closed_months();

create function keep_month_closes_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.status = 'done' then
    raise exception 'the close of % is final', old.month;
  end if;
  return new;
end $$;
create trigger month_closes_are_final before update or delete on month_closes
  for each row execute function keep_month_closes_final();

create function keep_entries_balanced() returns trigger language plpgsql as $$
begin
  -- Of a transaction that was posted while the month was open, too.
  if exists (select from (select distinct at, fact from added) a join month_closes m on m.ends_at > a.at
             where m.status = 'done' or a.fact not in ('recognition', 'fee_kept')) then
    raise exception 'the month of an entry is closed: post a correction in an open one';
  end if;
  if exists (select from added group by transaction_id, entity, currency having sum(amount_minor) <> 0) then
    raise exception 'ledger entries must sum to zero per entity and currency';
  end if;
  if exists (select from (select distinct transaction_id, at, fact from added) a
             left join ledger_transactions t on (t.id, t.at, t.fact) = (a.transaction_id, a.at, a.fact)
             where t.id is null) then
    raise exception 'ledger entries must carry the instant and the fact of their transaction';
  end if;
  return null;
end $$;
create trigger entries_stay_balanced after insert on ledger_entries
  referencing new table as added for each statement execute function keep_entries_balanced();

create function keep_transactions_whole() returns trigger language plpgsql as $$
begin
  if not exists (select from ledger_entries where transaction_id = new.id) then
    raise exception 'ledger transaction % has no entries', new.id;
  end if;
  if exists (select from ledger_entries where transaction_id = new.id
             group by entity, currency having sum(amount_minor) <> 0) then
    raise exception 'ledger transaction % does not sum to zero', new.id;
  end if;
  return null;
end $$;
create constraint trigger transactions_sum_to_zero after insert on ledger_transactions
  deferrable initially deferred for each row execute function keep_transactions_whole();
`;

const DOWN = `
drop table month_closes, deferred_fees, ledger_entries, ledger_transactions, tax_rates;
drop function earned_minor, days_left_of_term, days_of_term;
drop function keep_ledger_append_only, keep_closed_months, keep_month_closes_final, keep_entries_balanced, keep_transactions_whole;
`;
