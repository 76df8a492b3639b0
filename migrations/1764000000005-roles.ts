import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the service must do and its role has no right for, as narrow functions with the owner's rights. */
export class Roles1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function wait_for_postings, measure_settlement_lines');
  }
}

/** A role that may not change the ledger may not lock it either, and only an owner has a table measured. */
const UP = `
create function wait_for_postings() returns void language plpgsql security definer set search_path = pg_catalog as $$
begin
  lock table public.ledger_transactions in share mode;
end $$;

create function measure_settlement_lines() returns void language plpgsql security definer set search_path = pg_catalog as $$
begin
  analyze public.settlement_lines;
end $$;
`;
