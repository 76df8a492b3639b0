/**
 * A second, simpler model of the books that shares no code with the service: nothing is left over once it is quiet, and our
 * money is the gateway's by its own record.
 */
import type pg from 'pg';
import type { Movement } from './sandbox-client.js';

/** What may be so for a moment while the service runs, and never once it is quiet. */
const LEFT_OVER: Record<string, string> = {
  'nothing is left undecided': `
    select id from gateway_requests where status in ('intended', 'submitted', 'unknown', 'processing')`,
  'nothing captured is left unapplied': 'select id from charges where unapplied_at is not null and disputed_minor = 0',
  'what is due was told': `
    select id::text from deliveries, test_clock where status = 'pending' and next_attempt_at < now_at
    union all
    select id::text from notices, test_clock where status = 'planned' and due_at < now_at`,
};

export async function findLeftOver(database: pg.Pool): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, query] of Object.entries(LEFT_OVER)) {
    const { rows } = await database.query<object>(query);
    faults.push(...rows.map((row) => `${name}: ${JSON.stringify(row)}`));
  }
  return faults;
}

interface Moved {
  type: Movement['type'];
  reference: string;
  amount: number | string;
  currency: string;
}

/** Every movement the gateway must hold too; what it took back was there before. */
const OURS = `
  select 'capture' as type, q.reference, c.amount_minor as amount, c.currency
  from charges c join gateway_requests q on q.subject_id = c.id and q.status = 'succeeded' where c.status = 'succeeded'
  union all
  select 'refund', q.gateway_id, (q.asks->>'amountMinor')::bigint, r.currency
  from refunds r join gateway_requests q on q.subject_id = r.id and q.status = 'succeeded'
  union all
  select 'refund_failure', q.gateway_id, (q.asks->>'amountMinor')::bigint, r.currency
  from refunds r join gateway_requests q on q.subject_id = r.id and q.status = 'succeeded' and q.code is not null
  union all
  select 'chargeback', gateway_dispute_id, amount_minor, currency from chargebacks
  union all
  select 'chargeback_reversal', gateway_dispute_id, amount_minor, currency from chargebacks where status = 'won'`;

export async function compareWithGateway(database: pg.Pool, movements: Movement[]): Promise<string[]> {
  const { rows } = await database.query<Moved>(OURS);
  const line = ({ type, reference, amount, currency }: Moved): string => `${type} ${reference} ${amount} ${currency}`;
  const here = rows.map(line);
  const there = movements.map((one) => line({ ...one, reference: String(one.dispute ?? one.refund ?? one.reference) }));
  return [
    ...difference(there, here).map((one) => `the gateway has, we do not: ${one}`),
    ...difference(here, there).map((one) => `we have, the gateway does not: ${one}`),
  ];
}

interface Posted {
  currency: string;
  account: string;
  amount: string;
}

/** All captures less all refunds decided are what the books hold beside cash, settlements and disputes. */
export async function compareWithLedger(database: pg.Pool): Promise<string[]> {
  const moved = await database.query<{ currency: string; amount: string }>(
    `select currency, amount_minor as amount from charges where status = 'succeeded'
     union all select currency, -amount_minor from refunds`,
  );
  const posted = await database.query<Posted>('select currency, account, amount_minor as amount from ledger_entries');
  const sums = new Map<string, bigint>();
  const add = (currency: string, amount: bigint): unknown => sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  for (const { currency, amount } of moved.rows) add(currency, BigInt(amount));
  const kept = /^(deferred|tax|.*revenue|benefit|forfeited|revenue_reductions|chargeback_losses|intercompany)/;
  for (const { currency, account, amount } of posted.rows) if (kept.test(account)) add(currency, BigInt(amount));
  for (const { currency, amount } of await lostToDisputes(database)) add(currency, BigInt(amount));
  return [...sums]
    .filter(([, amount]) => amount !== 0n)
    .map(
      ([currency, amount]) => `the ledger keeps ${amount} ${currency} other than what was captured and not returned`,
    );
}

/** Money that a bank has taken back is neither captured any more nor a refund. */
async function lostToDisputes(database: pg.Pool): Promise<{ currency: string; amount: string }[]> {
  const { rows } = await database.query<{ currency: string; amount: string }>(
    `select currency, amount_minor as amount from ledger_entries
     where fact = 'chargeback_lost' and account = 'disputed_captures'`,
  );
  return rows;
}

/** What `a` has more of than `b`, counting repetitions. */
function difference(a: string[], b: string[]): string[] {
  const left = new Map<string, number>();
  for (const one of b) left.set(one, (left.get(one) ?? 0) + 1);
  return a.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}
