import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Everything a member's whole life needs; the constraints are the invariants of docs/ARCHITECTURE.md said in SQL. */
export class Membership1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      PUBLISHED,
      MEMBERSHIP,
      OFFERS_AND_ENTITIES,
      SANCTIONS,
      DISCONTINUATION,
      MONEY,
      NOTIFICATIONS,
      MACHINERY,
      GUARDS,
      BENEFITS,
    ])
      await runner.query(statement);
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
  status text not null check (status in ('open', 'closed')),
  -- set once its end is approved
  ends_at timestamptz(3),
  published_by text not null default 'shipped'
);

create table rule_packs (
  country text not null references markets,
  version integer not null check (version > 0),
  effective_from timestamptz(3) not null,
  numbers jsonb not null,
  benefits jsonb not null,
  published_at timestamptz(3) not null,
  published_by text not null default 'shipped',
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
  published_by text not null default 'shipped',
  unique (country, effective_from)
);

create table agreements (
  version text primary key,
  text text not null,
  published_at timestamptz(3) not null,
  effective_from timestamptz(3) not null unique,
  published_by text not null default 'shipped'
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

const OFFERS_AND_ENTITIES = `
create table trial_offers (
  id uuid primary key,
  country text not null references markets,
  days integer not null check (days > 0),
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  for_everybody boolean not null,
  published_at timestamptz(3) not null,
  published_by text not null,
  check (starts_at < ends_at)
);
create index trial_offers_by_market on trial_offers (country, ends_at);

create table trial_offer_users (
  offer_id uuid not null references trial_offers,
  user_id text not null,
  primary key (offer_id, user_id)
);

create table contracting_entities (
  country text primary key check (country ~ '^[A-Z]{2}$'),
  name text not null,
  source text not null
);

create table entity_transfers (
  id uuid primary key,
  from_name text not null,
  to_name text not null check (to_name <> from_name),
  country text check (country ~ '^[A-Z]{2}$'),
  effective_at timestamptz(3) not null,
  ordered_at timestamptz(3) not null,
  ordered_by text not null,
  concerned integer check (concerned >= 0),
  moved integer not null default 0 check (moved >= 0),
  looked_through_to uuid,
  started_at timestamptz(3),
  done_at timestamptz(3),
  claimed_until timestamptz,
  constraint entity_transfers_once unique nulls not distinct (from_name, country, effective_at)
);
create index entity_transfers_open on entity_transfers (effective_at, id) where done_at is null;

create table entity_transfer_moves (
  transfer_id uuid not null references entity_transfers,
  subscription_id uuid not null references subscriptions,
  primary key (transfer_id, subscription_id)
);
`;

const MEMBERSHIP = `
create table subscriptions (
  id uuid primary key,
  user_id text not null,
  country text not null references markets,
  residence_country text not null check (residence_country ~ '^[A-Z]{2}$'),
  status text not null check (status in ('pending_payment', 'trialing', 'active', 'past_due',
    'abandoned', 'expired', 'canceled', 'revoked', 'discontinued')),
  start_with text not null check (start_with in ('trial', 'paid', 'temporary')),
  auto_renewal boolean not null,
  contracting_entities jsonb not null,
  agreement_version text not null references agreements,
  agreement_accepted_at timestamptz(3),
  locale text,
  conversion_consent_at timestamptz(3),
  previous_subscription_id uuid references subscriptions,
  charge_progress text not null check (charge_progress in ('none', 'moving', 'waiting_for_member', 'declined')),
  authentication_secret text,
  first_failed_at timestamptz(3),
  retry_at timestamptz(3),
  suspended_at timestamptz(3),
  suspended_for text check (suspended_for in ('finding', 'chargeback')),
  reopened_at timestamptz(3),
  benefits_until timestamptz(3),
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  end_reason text,
  due_move text check (due_move in ('abandon', 'convert_trial', 'begin_term', 'renew_term', 'retry_payment', 'give_up_payment')),
  due_at timestamptz(3),
  claimed_until timestamptz,
  check ((due_move is null) = (due_at is null)),
  check ((ended_at is null) = (status in ('pending_payment', 'trialing', 'active', 'past_due'))),
  check ((ended_at is null) = (end_reason is null)),
  check ((suspended_at is null) = (suspended_for is null)),
  check (start_with = 'temporary' or agreement_accepted_at is not null)
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
create index mandates_by_subscription on mandates (subscription_id);
create unique index one_pending_mandate on mandates (subscription_id) where status = 'pending';

create table charges (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  term_number integer not null check (term_number > 0),
  purpose text not null check (purpose in ('first', 'conversion', 'renewal', 'early_renewal', 'add_on')),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed', 'unknown')),
  reference text not null unique,
  attempts integer not null check (attempts > 0),
  gateway_payment_id text unique,
  mandate_id uuid references mandates,
  unserved_at timestamptz(3),
  -- what the member's bank holds back, and what it has taken back for good
  disputed_minor bigint not null default 0 check (disputed_minor >= 0),
  charged_back_minor bigint not null default 0 check (charged_back_minor >= 0),
  claimed_until timestamptz,
  created_at timestamptz(3) not null,
  settled_at timestamptz(3),
  check (status <> 'succeeded' or gateway_payment_id is not null),
  check (status = 'succeeded' or disputed_minor + charged_back_minor = 0)
);
create unique index one_charge_per_purpose on charges (subscription_id, term_number, purpose) where purpose <> 'add_on';
create unique index one_charge_per_term on charges (subscription_id, term_number)
  where status <> 'failed' and purpose <> 'add_on';
create index charges_unserved on charges (unserved_at) where unserved_at is not null;

create table terms (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  number integer not null check (number > 0),
  kind text not null check (kind in ('trial', 'paid', 'temporary')),
  starts_at timestamptz(3) not null,
  ends_at timestamptz(3) not null,
  price_minor bigint check (price_minor > 0),
  currency text,
  charge_id uuid unique references charges,
  rule_pack_version integer not null,
  contracting_entities jsonb not null,
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
  data jsonb not null,
  -- 1, 2, 3… within the subscription, and the hash of this line with that of the one before
  sequence integer not null check (sequence > 0),
  hash text not null,
  unique (subscription_id, sequence)
);
create index timeline_by_subscription on timeline_entries (subscription_id, id);
create index timeline_recovered on timeline_entries (at) where event = 'subscription.recovered';

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

/** Breach: who proposed to revoke, who approved. */
const SANCTIONS = `
create table revocations (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  reason text not null,
  evidence text not null,
  status text not null check (status in ('proposed', 'approved')),
  proposed_by text not null,
  proposed_at timestamptz(3) not null,
  approved_by text check (approved_by <> proposed_by),
  approved_at timestamptz(3),
  corrected_at timestamptz(3),
  check ((status = 'approved') = (approved_by is not null)),
  check ((approved_by is null) = (approved_at is null)),
  check (corrected_at is null or approved_at is not null)
);
create unique index one_open_revocation on revocations (subscription_id) where status = 'proposed';
`;

/** A market's end: announced, approved by two, carried out, reported. */
const DISCONTINUATION = `
create table discontinuations (
  id uuid primary key,
  country text not null unique references markets,
  reason text not null,
  effective_at timestamptz(3) not null,
  announced_by text not null,
  announced_at timestamptz(3) not null,
  status text not null check (status in ('announced', 'approved', 'running', 'done')),
  told_through_to uuid,
  told_at timestamptz(3),
  total integer check (total >= 0),
  started_at timestamptz(3),
  done_at timestamptz(3),
  claimed_until timestamptz
);

create table discontinuation_approvals (
  discontinuation_id uuid not null references discontinuations,
  approved_by text not null,
  approved_at timestamptz(3) not null,
  primary key (discontinuation_id, approved_by)
);

create index subscriptions_live_by_market on subscriptions (country, id) where ended_at is null;
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
  -- the payments of one compensation share it
  compensation_id uuid,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  basis text not null check (basis in ('full', 'full_less_benefits', 'pro_rata', 'compensation')),
  clause text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  calculation jsonb not null,
  attempts integer not null check (attempts > 0),
  retry_at timestamptz(3),
  claimed_until timestamptz,
  gateway_refund_id text unique,
  deadline_at timestamptz(3),
  overdue_at timestamptz(3),
  bounced_at timestamptz(3),
  paid_otherwise_at timestamptz(3),
  paid_otherwise_by text,
  paid_otherwise_reason text,
  bank_reference text,
  created_at timestamptz(3) not null,
  settled_at timestamptz(3),
  -- paid by the gateway or another way, never both
  check (num_nonnulls(gateway_refund_id, paid_otherwise_at) = case when status = 'succeeded' then 1 else 0 end),
  check (num_nonnulls(paid_otherwise_at, paid_otherwise_by, paid_otherwise_reason, bank_reference) in (0, 4))
);
create unique index one_refund_per_cancellation_and_charge on refunds (cancellation_id, charge_id);
create unique index one_return_in_full_per_charge on refunds (charge_id) where cancellation_id is null and basis = 'full';
create index refunds_by_subscription on refunds (subscription_id, created_at desc);
create index refunds_by_charge on refunds (charge_id);
create index refunds_due on refunds (retry_at) where retry_at is not null;
create index refunds_unpaid on refunds (deadline_at) where status <> 'succeeded' and overdue_at is null;

create table refund_payouts (
  id uuid primary key,
  refund_id uuid not null references refunds,
  reason text not null,
  bank_reference text not null,
  status text not null check (status in ('proposed', 'approved', 'withdrawn')),
  proposed_by text not null,
  proposed_at timestamptz(3) not null,
  approved_by text check (approved_by <> proposed_by),
  approved_at timestamptz(3),
  check ((status = 'approved') = (approved_by is not null)),
  check ((approved_by is null) = (approved_at is null))
);
create unique index one_open_payout on refund_payouts (refund_id) where status = 'proposed';

create table gateway_requests (
  id uuid primary key,
  kind text not null check (kind in ('charge', 'validation', 'refund', 'add_on')),
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
  check ((status in ('unknown', 'waiting_for_member')) = (next_query_at is not null)),
  unique (subject_id, attempt)
);
create unique index one_undecided_charge on gateway_requests (subscription_id)
  where kind = 'charge' and decided_at is null;
create index gateway_requests_moving on gateway_requests (lease_until) where status in ('intended', 'submitted');
create index gateway_requests_to_ask on gateway_requests (next_query_at) where next_query_at is not null;
create index gateway_requests_undecided on gateway_requests (subscription_id) where decided_at is null;
create index gateway_requests_by_gateway_id on gateway_requests (gateway_id) where gateway_id is not null;

create table gateway_events (
  id text primary key,
  type text not null,
  object_id text not null,
  payload jsonb not null,
  received_at timestamptz(3) not null,
  applied_at timestamptz(3),
  attempts integer not null default 0,
  next_attempt_at timestamptz(3),
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
  check ((resolved_at is null) = (resolution is null))
);
create unique index one_open_case on cases (kind, subject_id) where resolved_at is null;
create index cases_by_subject on cases (subject_id);
create index cases_open on cases (opened_at desc) where resolved_at is null;
`;

/** What others are told, and what the member must be told, with proof. */
const NOTIFICATIONS = `
create table outbox_events (
  id uuid primary key,
  event text not null,
  subscription_id uuid references subscriptions,
  occurred_at timestamptz(3) not null,
  data jsonb not null,
  acknowledged_at timestamptz(3)
);

create table deliveries (
  id uuid primary key,
  event_id uuid not null references outbox_events,
  endpoint text not null check (endpoint in ('webhook', 'mail')),
  status text not null check (status in ('pending', 'delivered', 'dead')),
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz(3),
  last_error text,
  delivered_at timestamptz(3),
  answer text,
  claimed_until timestamptz,
  unique (event_id, endpoint),
  check ((status = 'pending') = (next_attempt_at is not null)),
  check (status <> 'delivered' or delivered_at is not null),
  check ((delivered_at is null) = (answer is null))
);
create index deliveries_due on deliveries (endpoint, next_attempt_at) where status = 'pending';
create index deliveries_dead on deliveries (id) where status = 'dead';

create table notices (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  kind text not null check (kind in ('trial_ending', 'renewal_upcoming', 'price_change', 'consent_request',
    'payment_failed', 'cancellation_receipt', 'market_ending', 'market_ended')),
  term_ends_at timestamptz(3),
  days_before integer check (days_before >= 0),
  status text not null check (status in ('planned', 'due', 'canceled', 'missed')),
  due_at timestamptz(3) not null,
  until timestamptz(3),
  content jsonb not null,
  given_at timestamptz(3),
  -- the event is written at the end of the same transaction
  event_id uuid unique references outbox_events deferrable initially deferred,
  claimed_until timestamptz,
  check ((status = 'due') = (given_at is not null)),
  check ((given_at is null) = (event_id is null)),
  check (due_at < until)
);
create unique index one_notice_per_day_and_term on notices (subscription_id, kind, term_ends_at, days_before)
  where days_before is not null;
create index notices_by_subscription on notices (subscription_id, id);
create index notices_due on notices (due_at) where status = 'planned';

create table price_announcements (
  price_id uuid primary key references prices,
  done boolean not null default false,
  claimed_until timestamptz
);
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
create function hash_of_line(previous text, id uuid, sequence integer, at timestamptz, actor text, event text,
  clause text, explanation text, data jsonb) returns text stable language sql
  return encode(sha256(convert_to(jsonb_build_array(previous, id, sequence, (extract(epoch from at) * 1000)::bigint, actor,
    event, clause, explanation, data)::text, 'UTF8')), 'hex');

create function chain_line() returns trigger language plpgsql as $$
declare
  last record;
begin
  -- Held already by whoever changes the subscription; a refusal comes alone.
  perform from subscriptions where id = new.subscription_id for no key update;
  select sequence, hash into last from timeline_entries where subscription_id = new.subscription_id
  order by sequence desc limit 1;
  new.sequence := coalesce(last.sequence, 0) + 1;
  new.hash := hash_of_line(coalesce(last.hash, ''), new.id, new.sequence, new.at, new.actor, new.event, new.clause,
    new.explanation, new.data);
  return new;
end $$;
create trigger lines_are_chained before insert on timeline_entries for each row execute function chain_line();

create trigger timeline_is_append_only before update or delete on timeline_entries
  for each row execute function forbid_change();
create trigger decisions_are_append_only before update or delete on eligibility_decisions
  for each row execute function forbid_change();

create function keep_ends_final() returns trigger language plpgsql as $$
begin
  -- Reopening after a mistaken finding is its own recorded move (6.1.2).
  if old.ended_at is not null and new.status <> old.status and new.reopened_at is not distinct from old.reopened_at then
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
create trigger answers_are_final before update on gateway_requests for each row execute function keep_outcomes_final();

create function keep_refunds_final() returns trigger language plpgsql as $$
begin
  -- A refund that the gateway returned and took back again is its own recorded move.
  if old.status = 'succeeded' and new.status <> 'succeeded' and (old.gateway_refund_id is null
    or new.status <> 'failed' or new.bounced_at is not distinct from old.bounced_at) then
    raise exception 'refund % has succeeded, it cannot become %', old.id, new.status;
  end if;
  return new;
end $$;
create trigger refunds_are_final before update on refunds for each row execute function keep_refunds_final();

create function keep_refunds_within_capture() returns trigger language plpgsql as $$
declare
  charge charges%rowtype;
  returned bigint;
begin
  select * into charge from charges where id = new.charge_id for update;
  select coalesce(sum(amount_minor), 0) into returned from refunds where charge_id = new.charge_id;
  returned := returned + charge.disputed_minor + charge.charged_back_minor;
  if charge.status <> 'succeeded' or charge.currency <> new.currency or returned + new.amount_minor > charge.amount_minor
  then
    raise exception 'refund of % % exceeds what charge % captured and still holds', new.amount_minor, new.currency, charge.id;
  end if;
  return new;
end $$;
create trigger refunds_stay_within_capture before insert on refunds
  for each row execute function keep_refunds_within_capture();
`;

/** What members used, what risk has frozen, and the value-added services they answered to. */
const BENEFITS = `
create table benefit_uses (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  term_number integer not null check (term_number > 0),
  benefit text not null,
  order_id text not null,
  value_minor bigint not null check (value_minor >= 0),
  currency text not null,
  of_add_on boolean not null,
  used_at timestamptz(3) not null,
  unique (subscription_id, benefit, order_id)
);
create index benefit_uses_by_subscription on benefit_uses (subscription_id, used_at);
create trigger benefit_uses_are_append_only before update or delete on benefit_uses
  for each row execute function forbid_change();

create table benefit_freezes (
  subscription_id uuid not null references subscriptions,
  benefit text not null,
  frozen boolean not null,
  reason text not null,
  at timestamptz(3) not null,
  primary key (subscription_id, benefit)
);

create table add_on_offers (
  id uuid primary key,
  country text not null references markets,
  code text not null,
  description text not null,
  price_minor bigint not null check (price_minor > 0),
  currency text not null,
  effective_from timestamptz(3) not null,
  source text not null,
  unique (country, code, effective_from)
);

create table add_ons (
  id uuid primary key,
  subscription_id uuid not null references subscriptions,
  code text not null,
  status text not null check (status in ('offered', 'pending', 'accepted', 'refused')),
  attempts integer not null check (attempts >= 0),
  charge_id uuid unique references charges,
  first_used_at timestamptz(3),
  decided_at timestamptz(3) not null,
  check (charge_id is not null or status in ('offered', 'refused')),
  check (first_used_at is null or status = 'accepted'),
  unique (subscription_id, code)
);

create table add_on_charges (
  charge_id uuid primary key references charges,
  add_on_id uuid not null references add_ons
);
`;

const DOWN = `
drop table price_announcements, notices, deliveries, outbox_events;
drop table entity_transfer_moves, entity_transfers, contracting_entities, trial_offer_users, trial_offers;
drop table add_on_charges, add_ons, add_on_offers, benefit_freezes, benefit_uses;
drop table test_clock, idempotency_keys, revocations, discontinuation_approvals, discontinuations, cases, gateway_events, gateway_requests, refund_payouts, refunds, gateway_customers,
  cancellations, cancellation_quotes, timeline_entries, terms, charges, mandates, subscriptions,
  eligibility_decisions, standings, agreements, prices, rule_packs, markets;
drop function keep_refunds_within_capture, keep_refunds_final, keep_outcomes_final, keep_ends_final, forbid_change,
  chain_line, hash_of_line;
drop extension btree_gist;
`;
