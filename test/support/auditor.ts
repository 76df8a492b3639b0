/**
 * A second, simpler model of the books: reads our tables and the gateway's own record and names everything that must
 * never be. It shares no code with the service.
 */
import type pg from 'pg';
import type { Movement, SandboxClient } from './sandbox-client.js';

/** One query per invariant; each returns the rows that break it. */
const INVARIANTS: Record<string, string> = {
  'I01 one live subscription per user and market': `
    select user_id, country from subscriptions where ended_at is null group by 1, 2 having count(*) > 1`,
  'I02 terms never overlap': `
    select a.id from terms a join terms b on a.subscription_id = b.subscription_id and a.number < b.number
    where a.ends_at > b.starts_at`,
  'I03 a paid term lasts 365 days': `
    select id from terms where kind = 'paid' and ends_at - starts_at <> interval '365 days'`,
  'I04 a captured charge has one term or went back in full': `
    select c.id from charges c
    where c.status = 'succeeded' and c.purpose <> 'add_on'
      and (select count(*) from terms t where t.charge_id = c.id) <> 1
      and (select coalesce(sum(amount_minor), 0) from refunds r where r.charge_id = c.id) <> c.amount_minor`,
  'I04a a captured add-on charge pays for what was accepted or went back in full': `
    select c.id from charges c
    where c.status = 'succeeded' and c.purpose = 'add_on'
      and not exists (select 1 from add_ons a where a.charge_id = c.id and a.status = 'accepted')
      and (select coalesce(sum(amount_minor), 0) from refunds r where r.charge_id = c.id) <> c.amount_minor`,
  'I05 a paid term has a captured charge of its price': `
    select t.id from terms t left join charges c on c.id = t.charge_id
    where t.kind = 'paid' and (c.status is distinct from 'succeeded' or c.amount_minor <> t.price_minor
      or c.currency <> t.currency)`,
  'I06 refunds stay within the capture': `
    select c.id from charges c join refunds r on r.charge_id = c.id
    group by c.id having sum(r.amount_minor) > c.amount_minor or bool_or(r.currency <> c.currency)`,
  'I08 at most one refund per cancellation and charge': `
    select cancellation_id from refunds where cancellation_id is not null
    group by cancellation_id, charge_id having count(*) > 1`,
  'I10 nothing is charged after the end': `
    select c.id from charges c join subscriptions s on s.id = c.subscription_id where c.created_at > s.ended_at`,
  'I11 nothing is charged before the term ended': `
    select c.id from charges c join terms t on t.subscription_id = c.subscription_id and t.number = c.term_number - 1
    where c.created_at < t.ends_at and c.purpose in ('conversion', 'renewal')`,
  'I13 one undecided charge per subscription': `
    select subscription_id from gateway_requests where kind = 'charge' and decided_at is null
    group by 1 having count(*) > 1`,
  'I19 one trial per user': `
    select s.user_id from terms t join subscriptions s on s.id = t.subscription_id where t.kind = 'trial'
    group by 1 having count(*) > 1`,
  'L02 what is due was told': `
    select id::text from webhook_deliveries, test_clock where status = 'pending' and next_attempt_at < now_at
    union all
    select id::text from notices, test_clock where status = 'planned' and due_at < now_at`,
  'L01 nothing is left undecided': `
    select id from gateway_requests where status in ('intended', 'submitted', 'unknown')`,
};

/** Everything that is wrong, in words; empty when the books are right. */
export async function audit(database: pg.Pool, sandbox: SandboxClient): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, query] of Object.entries(INVARIANTS)) {
    const { rows } = await database.query<object>(query);
    faults.push(...rows.map((row) => `${name}: ${JSON.stringify(row)}`));
  }
  return [...faults, ...(await compareWithGateway(database, await sandbox.movements()))];
}

interface Ours {
  reference: string;
  amount: string;
  currency: string;
}

async function compareWithGateway(database: pg.Pool, movements: Movement[]): Promise<string[]> {
  const charges = await database.query<Ours>(
    `select q.reference, c.amount_minor as amount, c.currency from charges c
     join gateway_requests q on q.subject_id = c.id and q.status = 'succeeded' where c.status = 'succeeded'`,
  );
  const refunds = await database.query<Ours>(
    `select q.reference, r.amount_minor as amount, r.currency from refunds r
     join gateway_requests q on q.subject_id = r.id and q.status = 'succeeded' where r.status = 'succeeded'`,
  );
  const line = (type: string, one: { reference: string | null; amount: number | string; currency: string }): string =>
    `${type} ${one.reference} ${one.amount} ${one.currency}`;
  const here = [...charges.rows.map((row) => line('capture', row)), ...refunds.rows.map((row) => line('refund', row))];
  const there = movements.map((movement) => line(movement.type, movement));
  return [
    ...difference(there, here).map((one) => `the gateway has, we do not: ${one}`),
    ...difference(here, there).map((one) => `we have, the gateway does not: ${one}`),
  ];
}

/** What `a` has more of than `b`, counting repetitions. */
function difference(a: string[], b: string[]): string[] {
  const left = [...b];
  return a.filter((one) => {
    const index = left.indexOf(one);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
