import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the gateway says it settled, line by line, and where it does not agree with us. */
export class Reconciliation1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [SETTLEMENTS, BREAKS, PULLS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

/** Lines have neither a foreign key nor an index by the gateway's ids: either would double what a million of them cost. */
const SETTLEMENTS = `
create table settlements (
  id uuid primary key,
  gateway text not null check (gateway in ('stripe', 'adyen')),
  format text not null,
  -- null for what was pulled
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  status text not null check (status in ('running', 'done', 'rejected')),
  lines integer not null check (lines >= 0),
  matched integer check (matched between 0 and lines),
  breaks integer check (breaks >= 0),
  errors jsonb,
  first_at timestamptz(3),
  last_at timestamptz(3),
  -- where those loaded before it end; null = from the beginning
  covers_from timestamptz(3),
  -- null = it covers nothing
  covers_to timestamptz(3),
  received_at timestamptz(3) not null,
  loaded_by text not null,
  done_at timestamptz(3),
  booked_at timestamptz(3),
  claimed_until timestamptz,
  check ((status = 'done') = (done_at is not null)),
  check ((status = 'done') = (matched is not null) and (matched is null) = (breaks is null)),
  check ((status = 'rejected') = (errors is not null)),
  check (status = 'done' or booked_at is null)
);
create unique index settlement_loaded_once on settlements (sha256) where status <> 'rejected';
create index settlements_open on settlements (id) where status <> 'rejected' and booked_at is null;

create table settlement_lines (
  settlement_id uuid not null,
  number integer not null,
  kind text not null,
  transaction_id text collate "C" not null,
  source_id text collate "C" not null,
  reference text collate "C",
  currency text not null,
  gross_minor bigint not null,
  fee_minor bigint not null,
  fee_expected boolean not null,
  occurred_at timestamptz(3) not null,
  primary key (settlement_id, number)
);
`;

const BREAKS = `
create table breaks (
  id uuid primary key,
  settlement_id uuid not null references settlements,
  -- null for what the file does not hold
  line integer,
  kind text not null check (kind in ('missing_here', 'missing_at_gateway', 'amount_differs', 'currency_differs',
    'duplicate', 'wrong_state', 'fee_unexpected', 'late')),
  movement text not null check (movement in ('capture', 'refund', 'refund_failure', 'chargeback',
    'chargeback_reversal', 'payout', 'fee', 'other')),
  gateway_reference text collate "C" not null,
  transaction_id text,
  reference text,
  charge_id uuid references charges,
  refund_id uuid references refunds,
  ours_minor bigint check (ours_minor >= 0),
  ours_currency text,
  -- below zero where it moved the other way
  theirs_minor bigint,
  theirs_currency text,
  status text not null check (status in ('open', 'proposed', 'explained', 'resolved')),
  opened_at timestamptz(3) not null,
  closed_at timestamptz(3),
  check ((line is null) = (kind = 'missing_at_gateway')),
  check ((ours_minor is null) = (ours_currency is null) and (theirs_minor is null) = (theirs_currency is null)),
  check ((status in ('explained', 'resolved')) = (closed_at is not null)),
  unique (settlement_id, line)
);
create unique index one_missing_movement on breaks (movement, gateway_reference) where kind = 'missing_at_gateway';
create index breaks_by_charge on breaks (charge_id);
create index breaks_open on breaks (settlement_id) where closed_at is null;
create index breaks_missing_at_gateway on breaks (gateway_reference) where kind = 'missing_at_gateway';

create table break_resolutions (
  id uuid primary key,
  break_id uuid not null references breaks,
  resolution text not null check (resolution in ('explained', 'resolved', 'write_off')),
  reason text not null,
  proposed_by text not null,
  proposed_at timestamptz(3) not null,
  approved_by text check (approved_by <> proposed_by),
  approved_at timestamptz(3),
  withdrawn_at timestamptz(3),
  check ((approved_by is null) = (approved_at is null)),
  check (approved_at is null or withdrawn_at is null),
  -- one person explains, two give up or settle
  check (resolution <> 'explained' or (approved_by is null and withdrawn_at is null))
);
create index break_resolutions_by_break on break_resolutions (break_id, id);
create unique index one_open_proposal on break_resolutions (break_id)
  where resolution <> 'explained' and approved_at is null and withdrawn_at is null;
`;

const PULLS = `
create table settlement_pulls (
  id text primary key,
  next_pull_at timestamptz(3) not null,
  claimed_until timestamptz
);
`;

const DOWN = `
drop table settlement_pulls, break_resolutions, breaks, settlement_lines, settlements;
`;
