import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Everything a member's whole life needs; the constraints are the invariants of docs/ARCHITECTURE.md said in SQL. */
export class Membership1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [PUBLISHED, MEMBERSHIP, MONEY, MACHINERY, GUARDS, DUE_WORK]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const PUBLISHED = `
create extension if not exists btree_gist;

create table markets (
  country text primary key check (country ~ '^[A-Z]{2}$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null check (status in ('open', 'closed'))
);

create table rule_packs (
  country text not null references markets,
  version integer not null check (version > 0),
  effective_from timestamptz(3) not null,
  numbers jsonb not null,
  benefits jsonb not null,
  primary key (country, version),
  unique (country, effective_from)
);

create table prices (
  id uuid primary key,
  country text not null references markets,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  published_at timestamptz(3) not null,
  effective_from timestamptz(3) not null,
  source text not null,
  unique (country, effective_from)
);

create table agreements (
  version text primary key,
  text text not null,
  published_at timestamptz(3) not null,
  effective_from timestamptz(3) not null unique
);

create table standings (
  user_id text primary key,
  standing text not null check (standing in ('good', 'integrity_violation', 'malicious')),
  reason text not null,
  recorded_by text not null,
  recorded_at timestamptz(3) not null
);

create table eligibility_decisions (
  id uuid primary key,
  user_id text not null,
  country text not null,
  eligible boolean not null,
  reason text,
  clause text not null,
  inputs jsonb not null,
  decided_at timestamptz(3) not null
);
create index eligibility_decisions_by_user on eligibility_decisions (user_id, decided_at);
`;

const MEMBERSHIP = `
create table subscriptions (
  id uuid primary key,
  user_id text not null,
  country text not null references markets,
  residence_country text not null check (residence_country ~ '^[A-Z]{2}$'),
  status text not null check (status in ('pending_payment', 'trialing', 'active', 'past_due',
    'abandoned', 'expired', 'canceled', 'revoked', 'discontinued')),
  start_with text not null check (start_with in ('trial', 'paid')),
  auto_renewal boolean not null,
  contracting_entities jsonb not null,
  agreement_version text not null references agreements,
  agreement_accepted_at timestamptz(3) not null,
  locale text,
  conversion_consent_at timestamptz(3),
  previous_subscription_id uuid references subscriptions,
  charge_progress text not null check (charge_progress in ('none', 'moving', 'waiting_for_member', 'declined')),
  authentication_secret text,
  first_failed_at timestamptz(3),
  retry_at timestamptz(3),
  benefits_until timestamptz(3),
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  end_reason text,
  due_move text check (due_move in ('abandon', 'convert_trial', 'renew_term', 'retry_payment', 'give_up_payment')),
  due_at timestamptz(3),
  claimed_until timestamptz,
  check ((due_move is null) = (due_at is null)),
  check ((ended_at is null) = (status in ('pending_payment', 'trialing', 'active', 'past_due'))),
  check ((ended_at is null) = (end_reason is null))
);
create unique index one_live_subscription_per_user_and_market on subscriptions (user_id, country)
  where status in ('pending_payment', 'trialing', 'active', 'past_due');
create index subscriptions_due on subscriptions (due_move, due_at) where due_at is not null;
create index subscriptions_by_user on subscriptions (user_id, created_at desc);
create index subscriptions_newest on subscriptions (created_at desc, id desc);

create table mandates (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  user_id text not null,
  token text not null,
  status text not null check (status in ('pending', 'valid', 'rejected', 'revoked')),
  gateway_method_id text,
  brand text,
  last4 text check (last4 ~ '^[0-9]{4}$'),
  authorized_at timestamptz(3) not null,
  decided_at timestamptz(3)
);
create unique index one_valid_mandate on mandates (subscription_id) where status = 'valid';
create unique index one_pending_mandate on mandates (subscription_id) where status = 'pending';

create table charges (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  term_number integer not null check (term_number > 0),
  purpose text not null check (purpose in ('first', 'conversion', 'renewal')),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed', 'unknown')),
  reference text not null unique,
  attempts integer not null check (attempts > 0),
  gateway_payment_id text unique,
  unserved_at timestamptz(3),
  claimed_until timestamptz,
  created_at timestamptz(3) not null,
  settled_at timestamptz(3),
  check (status <> 'succeeded' or gateway_payment_id is not null),
  unique (subscription_id, term_number, purpose)
);
create unique index one_charge_per_term on charges (subscription_id, term_number) where status <> 'failed';
create index charges_unserved on charges (unserved_at) where unserved_at is not null;

create table terms (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  number integer not null check (number > 0),
  kind text not null check (kind in ('trial', 'paid')),
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  price_minor bigint check (price_minor > 0),
  currency text,
  charge_id uuid unique references charges,
  rule_pack_version integer not null,
  cancellation_period_ends_at timestamptz(3),
  check (starts_at < ends_at),
  check ((kind = 'paid') = (charge_id is not null)),
  check ((charge_id is null) = (price_minor is null) and (price_minor is null) = (currency is null)),
  unique (subscription_id, number),
  constraint terms_never_overlap exclude using gist
    (subscription_id with =, tstzrange(starts_at, ends_at, '[)') with &&)
);

create table timeline_entries (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  at timestamptz(3) not null,
  actor text not null,
  event text not null,
  clause text,
  explanation text not null,
  data jsonb not null
);
create index timeline_by_subscription on timeline_entries (subscription_id, id);

create table cancellation_quotes (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  quote jsonb not null,
  facts jsonb not null,
  effective_at timestamptz(3) not null,
  expires_at timestamptz(3) not null
);

create table cancellations (
  id uuid primary key,
  subscription_id uuid not null unique references subscriptions,
  quote_id uuid references cancellation_quotes,
  reason text,
  basis text not null,
  effective_at timestamptz(3) not null
);
`;

const MONEY = `
create table gateway_customers (
  user_id text primary key,
  customer_id text not null unique
);

create table refunds (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  charge_id uuid not null references charges,
  cancellation_id uuid references cancellations,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  basis text not null check (basis in ('full', 'full_less_benefits', 'pro_rata')),
  clause text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  calculation jsonb not null,
  attempts integer not null check (attempts > 0),
  retry_at timestamptz(3),
  claimed_until timestamptz,
  gateway_refund_id text unique,
  created_at timestamptz(3) not null,
  settled_at timestamptz(3),
  check (status <> 'succeeded' or gateway_refund_id is not null)
);
create unique index one_refund_per_cancellation_and_charge on refunds (cancellation_id, charge_id);
create unique index one_correction_per_charge on refunds (charge_id) where cancellation_id is null;
create index refunds_by_subscription on refunds (subscription_id, created_at desc);
create index refunds_due on refunds (retry_at) where retry_at is not null;

create table gateway_requests (
  id uuid primary key,
  kind text not null check (kind in ('charge', 'validation', 'refund')),
  subject_id uuid not null,
  subscription_id uuid not null references subscriptions,
  reference text not null unique,
  attempt integer not null check (attempt > 0),
  status text not null check (status in ('intended', 'submitted', 'unknown', 'waiting_for_member', 'succeeded', 'failed')),
  code text,
  gateway_id text,
  client_secret text,
  withdrawn boolean not null default false,
  lease_until timestamptz,
  claimed_until timestamptz,
  first_submitted_at timestamptz,
  next_query_at timestamptz(3),
  queries integer not null default 0,
  intended_at timestamptz(3) not null,
  decided_at timestamptz(3),
  check ((decided_at is null) = (status in ('intended', 'submitted', 'unknown', 'waiting_for_member'))),
  check ((status = 'unknown') = (next_query_at is not null)),
  unique (subject_id, attempt)
);
create unique index one_undecided_charge on gateway_requests (subscription_id)
  where kind = 'charge' and decided_at is null;
create index gateway_requests_moving on gateway_requests (lease_until) where status in ('intended', 'submitted');
create index gateway_requests_unknown on gateway_requests (next_query_at) where status = 'unknown';
create index gateway_requests_withdrawn on gateway_requests (lease_until)
  where withdrawn and status = 'waiting_for_member';
create index gateway_requests_undecided on gateway_requests (subscription_id) where decided_at is null;
create index gateway_requests_by_gateway_id on gateway_requests (gateway_id) where gateway_id is not null;

create table gateway_events (
  id text primary key,
  type text not null,
  object_id text not null,
  payload jsonb not null,
  received_at timestamptz(3) not null,
  applied_at timestamptz(3),
  claimed_until timestamptz
);
create index gateway_events_waiting on gateway_events (received_at) where applied_at is null;

create table cases (
  id uuid primary key,
  kind text not null,
  subscription_id uuid references subscriptions,
  subject_id uuid not null,
  explanation text not null,
  data jsonb not null,
  opened_at timestamptz(3) not null,
  resolved_at timestamptz(3),
  resolved_by text,
  resolution text,
  unique (kind, subject_id),
  check ((resolved_at is null) = (resolution is null))
);
create index cases_open on cases (opened_at desc) where resolved_at is null;
`;

const MACHINERY = `
create table idempotency_keys (
  caller text not null,
  key text not null,
  fingerprint text not null,
  resource_id uuid,
  status integer,
  body json,
  locked_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  primary key (caller, key)
);
create index idempotency_keys_old on idempotency_keys (created_at);

create table test_clock (
  one boolean primary key default true check (one),
  now_at timestamptz(3) not null
);
`;

const GUARDS = `
create function forbid_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name;
end $$;
create trigger timeline_is_append_only before update or delete on timeline_entries
  for each row execute function forbid_change();
create trigger decisions_are_append_only before update or delete on eligibility_decisions
  for each row execute function forbid_change();

create function keep_ends_final() returns trigger language plpgsql as $$
begin
  if old.ended_at is not null and new.status <> old.status then
    raise exception 'subscription % has ended as %, it cannot become %', old.id, old.status, new.status;
  end if;
  return new;
end $$;
create trigger ends_are_final before update on subscriptions for each row execute function keep_ends_final();

create function keep_outcomes_final() returns trigger language plpgsql as $$
begin
  if old.status = 'succeeded' and new.status <> 'succeeded' then
    raise exception '% % has succeeded, it cannot become %', tg_table_name, old.id, new.status;
  end if;
  return new;
end $$;
create trigger captures_are_final before update on charges for each row execute function keep_outcomes_final();
create trigger refunds_are_final before update on refunds for each row execute function keep_outcomes_final();
create trigger answers_are_final before update on gateway_requests for each row execute function keep_outcomes_final();

create function keep_refunds_within_capture() returns trigger language plpgsql as $$
declare
  charge charges%rowtype;
  returned bigint;
begin
  select * into charge from charges where id = new.charge_id for update;
  select coalesce(sum(amount_minor), 0) into returned from refunds where charge_id = new.charge_id;
  if charge.status <> 'succeeded' or charge.currency <> new.currency or returned + new.amount_minor > charge.amount_minor
  then
    raise exception 'refund of % % exceeds what charge % captured and still holds', new.amount_minor, new.currency, charge.id;
  end if;
  return new;
end $$;
create trigger refunds_stay_within_capture before insert on refunds
  for each row execute function keep_refunds_within_capture();
`;

/** What there is to do and since when; '-infinity' = at once, whatever the business time. */
const DUE_WORK = `
create view due_work as
  select due_move as duty, due_at from subscriptions where due_at is not null
  union all
  select 'submit_request', '-infinity'::timestamptz from gateway_requests where status in ('intended', 'submitted')
  union all
  select 'query_request', next_query_at from gateway_requests where status = 'unknown'
  union all
  select 'withdraw_request', '-infinity'::timestamptz from gateway_requests
    where withdrawn and status = 'waiting_for_member'
  union all
  select 'correct_capture', '-infinity'::timestamptz from charges where unserved_at is not null
  union all
  select 'retry_refund', retry_at from refunds where retry_at is not null
  union all
  select 'apply_event', '-infinity'::timestamptz from gateway_events where applied_at is null;
`;

const DOWN = `
drop view due_work;
drop table test_clock, idempotency_keys, cases, gateway_events, gateway_requests, refunds, gateway_customers,
  cancellations, cancellation_quotes, timeline_entries, terms, charges, mandates, subscriptions,
  eligibility_decisions, standings, agreements, prices, rule_packs, markets;
drop function keep_refunds_within_capture, keep_outcomes_final, keep_ends_final, forbid_change;
drop extension btree_gist;
`;
