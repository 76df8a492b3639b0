import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What members dispute with their banks, and how far the gateway was asked for disputes nobody told us of. */
export class Chargebacks1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}

const UP = `
create table chargebacks (
  id uuid primary key,
  charge_id uuid not null references charges,
  subscription_id uuid not null references subscriptions,
  gateway_dispute_id text not null unique,
  amount_minor bigint not null check (amount_minor > 0),
  -- of a lost one: what of the fee it took that no refund had returned
  credited_minor bigint not null default 0 check (credited_minor between 0 and amount_minor),
  currency text not null,
  reason text not null,
  status text not null check (status in ('open', 'won', 'lost')),
  opened_at timestamptz(3) not null,
  closed_at timestamptz(3),
  next_query_at timestamptz(3),
  claimed_until timestamptz,
  check ((status = 'open') = (closed_at is null)),
  check ((status = 'open') = (next_query_at is not null)),
  check (status = 'lost' or credited_minor = 0)
);
create index chargebacks_by_charge on chargebacks (charge_id);
create index chargebacks_open on chargebacks (next_query_at) where next_query_at is not null;

create function keep_chargebacks_final() returns trigger language plpgsql as $$
begin
  if old.status <> 'open' and new.status <> old.status then
    raise exception 'chargeback % is %, it cannot become %', old.id, old.status, new.status;
  end if;
  return new;
end $$;
create trigger chargebacks_are_final before update on chargebacks for each row execute function keep_chargebacks_final();

create table dispute_looks (
  id text primary key,
  looked_to timestamptz(3),
  next_look_at timestamptz not null default '-infinity',
  claimed_until timestamptz
);
insert into dispute_looks (id) values ('stripe');
`;

const DOWN = `
drop table dispute_looks, chargebacks;
drop function keep_chargebacks_final;
`;
