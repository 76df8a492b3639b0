import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A gateway's ids carry the gateway's name; what an attempt asks is kept with it; a no says of which kind it is; an outage of
 * a gateway is a row; two people may decide what the gateway does not; refunds that others made are adopted.
 */
export class Gateways1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [NAMES, REQUESTS, FROZEN, OUTAGES, DECISIONS, REFUNDS, DISPUTES])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

/** Until now there was one gateway. */
const NAMES = `
alter table gateway_customers add gateway text, add generation integer not null default 1 check (generation > 0);
update gateway_customers set gateway = 'stripe';
alter table gateway_customers alter gateway set not null, alter customer_id drop not null,
  drop constraint gateway_customers_pkey, drop constraint gateway_customers_customer_id_key,
  add primary key (gateway, user_id), add unique (gateway, customer_id);

alter table gateway_events add gateway text, add about text, add gateway_event_id text;
update gateway_events set gateway = 'stripe', gateway_event_id = id,
  about = case when type like 'charge.dispute.%' then 'dispute' else 'request' end;
alter table gateway_events alter gateway set not null, alter about set not null, alter gateway_event_id set not null,
  add unique (gateway, gateway_event_id);

alter table mandates add gateway text;
update mandates set gateway = 'stripe';
alter table mandates alter gateway set not null;

alter table charges add gateway text;
update charges set gateway = 'stripe';
alter table charges alter gateway set not null, drop constraint charges_gateway_payment_id_key,
  add unique (gateway, gateway_payment_id);

alter table refunds add gateway text;
update refunds set gateway = 'stripe';
alter table refunds alter gateway set not null, drop constraint refunds_gateway_refund_id_key,
  add unique (gateway, gateway_refund_id);

alter table chargebacks add gateway text;
update chargebacks set gateway = 'stripe';
alter table chargebacks alter gateway set not null, drop constraint chargebacks_gateway_dispute_id_key,
  add unique (gateway, gateway_dispute_id);
`;

/**
 * asks: what the attempt asks, from its first sending on. failure: of which kind a no is. send_at: business time before which
 * it is not sent. The same answer again and again is counted.
 */
const REQUESTS = `
alter table gateway_requests add gateway text, add asks jsonb, add failure text, add send_at timestamptz(3),
  add same_answer text, add same_answers integer not null default 0, add same_answer_since timestamptz(3),
  add case_at timestamptz(3);
update gateway_requests set gateway = 'stripe';
update gateway_requests set failure = case when code = 'withdrawn' then 'withdrawn' else 'soft' end where status = 'failed';
alter table gateway_requests alter gateway set not null,
  drop constraint gateway_requests_status_check, drop constraint gateway_requests_check,
  drop constraint gateway_requests_asked_check;
alter table gateway_requests
  add constraint gateway_requests_status_check check (status in
    ('intended', 'submitted', 'unknown', 'processing', 'waiting_for_member', 'succeeded', 'failed')),
  add constraint gateway_requests_decided_check check ((decided_at is null) = (status not in ('succeeded', 'failed'))),
  add constraint gateway_requests_failure_check check (failure in
    ('hard', 'soft', 'authentication', 'refused', 'withdrawn', 'given_up')),
  add constraint gateway_requests_failed_check check ((status = 'failed') = (failure is not null)),
  add constraint gateway_requests_asked_check check (
    case when status in ('unknown', 'processing', 'waiting_for_member') then next_query_at is not null
      when status in ('intended', 'submitted') then next_query_at is null else true end);
`;

/** What was sent before is read from what it was made of. */
const FROZEN = `
update gateway_requests q set asks = jsonb_build_object('kind', 'charge', 'customer', k.customer_id,
  'method', coalesce(m.gateway_method_id, m.token), 'offSession', c.purpose in ('conversion', 'renewal'),
  'keepMethod', m.status = 'pending', 'amountMinor', c.amount_minor, 'currency', c.currency)
from charges c join mandates m on m.id = c.mandate_id join gateway_customers k on k.user_id = m.user_id
where q.kind in ('charge', 'add_on') and q.status <> 'intended' and c.id = q.subject_id;
update gateway_requests q set asks = jsonb_build_object('kind', 'validation', 'customer', k.customer_id, 'method', m.token)
from mandates m join gateway_customers k on k.user_id = m.user_id
where q.kind = 'validation' and q.status <> 'intended' and m.id = q.subject_id;
update gateway_requests q set asks = jsonb_build_object('kind', 'refund', 'payment', c.gateway_payment_id,
  'amountMinor', r.amount_minor, 'currency', r.currency)
from refunds r join charges c on c.id = r.charge_id
where q.kind = 'refund' and q.status <> 'intended' and r.id = q.subject_id;
alter table gateway_requests add constraint gateway_requests_frozen_check check (
  status in ('intended', 'succeeded', 'failed') or asks is not null);

create function keep_orders_frozen() returns trigger language plpgsql as $$
begin
  if old.asks is not null and new.asks is distinct from old.asks then
    raise exception 'request % asks what it asked when it was first sent', old.reference;
  end if;
  return new;
end $$;
create trigger orders_are_frozen before update on gateway_requests for each row execute function keep_orders_frozen();
`;

/** locked_out: the gateway lets nobody in, and sending pauses · unreachable: it does not answer. */
const OUTAGES = `
create table gateway_outages (
  gateway text primary key,
  kind text not null check (kind in ('locked_out', 'unreachable')),
  id uuid not null,
  since timestamptz(3) not null,
  paused_until timestamptz(3),
  detail text not null
);
`;

const DECISIONS = `
create table request_decisions (
  id uuid primary key,
  request_id uuid not null references gateway_requests,
  outcome text not null check (outcome in ('moved', 'not_moved')),
  gateway_id text,
  reason text not null,
  status text not null check (status in ('proposed', 'approved', 'withdrawn')),
  proposed_by text not null,
  proposed_at timestamptz(3) not null,
  approved_by text,
  approved_at timestamptz(3),
  check ((outcome = 'moved') = (gateway_id is not null)),
  check (approved_by <> proposed_by),
  check ((status = 'approved') = (approved_by is not null)),
  check ((approved_by is null) = (approved_at is null))
);
create unique index one_open_request_decision on request_decisions (request_id) where status = 'proposed';
create index request_decisions_by_request on request_decisions (request_id);
`;

/**
 * paid_minor: what of a refund has gone back already, by a refund that others made or, covered_minor of it, by the bank of a lost
 * dispute. What a bank has paid counts once, as charged back.
 */
const REFUNDS = `
alter table refunds add paid_minor bigint not null default 0, add covered_minor bigint not null default 0,
  drop constraint refunds_basis_check;
update refunds set paid_minor = amount_minor where status = 'succeeded';
alter table refunds
  add constraint refunds_basis_check check (basis in ('full', 'full_less_benefits', 'pro_rata', 'compensation', 'adopted')),
  add constraint refunds_covered_check check (covered_minor between 0 and paid_minor),
  add constraint refunds_paid_check check (paid_minor between 0 and amount_minor
    and (status = 'succeeded') = (paid_minor = amount_minor));

create or replace function keep_refunds_within_capture() returns trigger language plpgsql as $$
declare
  charge charges%rowtype;
  returned bigint;
begin
  select * into charge from charges where id = new.charge_id for update;
  select coalesce(sum(amount_minor - covered_minor), 0) into returned from refunds
  where charge_id = new.charge_id and paid_otherwise_by is distinct from 'gateway';
  returned := returned + charge.disputed_minor + charge.charged_back_minor;
  if charge.status <> 'succeeded' or charge.currency <> new.currency or returned + new.amount_minor > charge.amount_minor
  then
    raise exception 'a refund of % % would exceed what was captured of charge %',
      new.amount_minor, new.currency, new.charge_id;
  end if;
  return new;
end $$;
`;

/** An inquiry takes no money; it is asked about until it escalates or is over. */
const DISPUTES = `
create table dispute_inquiries (
  id uuid primary key,
  gateway text not null,
  gateway_dispute_id text not null,
  opened_at timestamptz(3) not null,
  next_query_at timestamptz(3) not null,
  claimed_until timestamptz,
  unique (gateway, gateway_dispute_id)
);
create index dispute_inquiries_to_ask on dispute_inquiries (next_query_at);
`;

const DOWN = `
drop table dispute_inquiries, request_decisions, gateway_outages;
create or replace function keep_refunds_within_capture() returns trigger language plpgsql as $$
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
drop trigger orders_are_frozen on gateway_requests;
drop function keep_orders_frozen;
alter table refunds drop covered_minor, drop paid_minor, drop gateway, drop constraint refunds_basis_check,
  add constraint refunds_basis_check check (basis in ('full', 'full_less_benefits', 'pro_rata', 'compensation')),
  add unique (gateway_refund_id);
alter table chargebacks drop gateway, add unique (gateway_dispute_id);
alter table charges drop gateway, add unique (gateway_payment_id);
alter table mandates drop gateway;
alter table gateway_events drop gateway, drop about, drop gateway_event_id;
alter table gateway_customers drop constraint gateway_customers_pkey, drop gateway, drop generation,
  alter customer_id set not null, add primary key (user_id), add unique (customer_id);
alter table gateway_requests drop constraint gateway_requests_status_check, drop constraint gateway_requests_decided_check,
  drop constraint gateway_requests_failure_check, drop constraint gateway_requests_failed_check,
  drop constraint gateway_requests_frozen_check, drop constraint gateway_requests_asked_check,
  drop gateway, drop asks, drop failure, drop send_at, drop same_answer, drop same_answers, drop same_answer_since,
  drop case_at;
alter table gateway_requests
  add constraint gateway_requests_status_check check (status in
    ('intended', 'submitted', 'unknown', 'waiting_for_member', 'succeeded', 'failed')),
  add constraint gateway_requests_check check ((decided_at is null) = (status in
    ('intended', 'submitted', 'unknown', 'waiting_for_member'))),
  add constraint gateway_requests_asked_check check (
    case when status in ('unknown', 'waiting_for_member') then next_query_at is not null
      when status in ('intended', 'submitted') then next_query_at is null else true end);
`;
