/**
 * Which rights there are in the database: one role for the service, which may add to the ledger, the timeline and everything
 * else that is append only but never alter it, and one that only reads. Given anew by every migration, last of all, so
 * that no table is forgotten. Who may log in as them is decided outside.
 */
import type pg from 'pg';

/** Reads and writes rows; no DDL, and no change of what is append only. */
export const APP_ROLE = 'vip_membership_app';

/** Reads, such as finance checking the books in production. */
export const READ_ROLE = 'vip_membership_read';

/** Roles belong to the whole server: another database may have made them, or make them at this moment. */
const MAKE_ROLES = `
do $$
declare
  wanted text;
  statement text;
begin
  foreach wanted in array array['${APP_ROLE}', '${READ_ROLE}'] loop
    statement := null;
    if not exists (select from pg_roles where rolname = wanted) then
      statement := format('create role %I nologin', wanted);
    elsif not pg_has_role(wanted, 'member') then
      statement := format('grant %I to %I', wanted, current_user);
    end if;
    while statement is not null loop
      begin
        execute statement;
        statement := case when pg_has_role(wanted, 'member') then null
          else format('grant %I to %I', wanted, current_user) end;
      exception
        when duplicate_object or unique_violation then statement := null;
        when insufficient_privilege then
          raise notice 'not allowed: %; ask an administrator to run it, then migrate again', statement;
          statement := null;
      end;
    end loop;
  end loop;
end $$`;

/** What a trigger named …_append_only lets nobody change, the service has no right to change either. */
const GIVE_RIGHTS = `
do $$
declare
  kept regclass;
begin
  if exists (select from pg_roles where rolname = '${APP_ROLE}') then
    grant usage on schema public, bullmq to ${APP_ROLE};
    grant select, insert, update, delete on all tables in schema public, bullmq to ${APP_ROLE};
    grant usage on all sequences in schema public, bullmq to ${APP_ROLE};
    revoke insert, update, delete on migrations from ${APP_ROLE};
    for kept in select tgrelid::regclass from pg_trigger where tgname like '%\\_append\\_only' loop
      execute format('revoke update, delete, truncate on %s from ${APP_ROLE}', kept);
    end loop;
  end if;
  if exists (select from pg_roles where rolname = '${READ_ROLE}') then
    grant usage on schema public to ${READ_ROLE};
    grant select on all tables in schema public to ${READ_ROLE};
  end if;
end $$`;

/**
 * By the owner of the tables. Throws nothing where roles cannot be made: then everything runs with the rights of who
 * logs in.
 */
export async function giveRights(client: pg.Client, notice: (message: string) => void): Promise<void> {
  const tell = ({ message }: { message?: string | undefined }): void => notice(message ?? '');
  client.on('notice', tell);
  await client.query(MAKE_ROLES);
  await client.query(GIVE_RIGHTS);
  client.off('notice', tell);
}
