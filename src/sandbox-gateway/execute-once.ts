/**
 * Decides that one idempotency key executes once. The key, what was done and the answer are committed together, so a
 * process killed half-way leaves neither a capture without its answer nor a key that stays locked.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Store, StoredObject } from './store.js';
import { keyInUse, keyReused, StripeFailure } from './stripe-errors.js';
import { UnitOfWork, type UnitSettings } from './unit-of-work.js';

export interface Answer {
  status: number;
  body: string;
  replayed: boolean;
}

export interface Call extends UnitSettings {
  /** What the key stands for: path and parameters. */
  subject: string;
}

export async function executeOnce(
  store: Store,
  call: Call,
  run: (unit: UnitOfWork) => Promise<StoredObject>,
): Promise<Answer> {
  const fingerprint = createHash('sha256').update(call.subject).digest('hex');
  return store.transaction(async (client) => {
    const earlier = call.key === undefined ? undefined : await recall(client, call.key, fingerprint);
    if (earlier !== undefined) return earlier;
    const unit = new UnitOfWork(client, call);
    const answer = await attempt(unit, run);
    const kept = call.key === undefined ? undefined : { key: call.key, fingerprint, ...answer };
    // The unique key decides, not the look before: a request that committed in between must not be done twice.
    if (!(await unit.write(kept))) throw keyInUse(call.key ?? '');
    return answer;
  });
}

async function attempt(unit: UnitOfWork, run: (unit: UnitOfWork) => Promise<StoredObject>): Promise<Answer> {
  try {
    return { status: 200, body: JSON.stringify(await run(unit)), replayed: false };
  } catch (error) {
    if (!(error instanceof StripeFailure) || !error.executed) throw error;
    return { status: error.status, body: JSON.stringify({ error: error.body }), replayed: false };
  }
}

/** The lock lives as long as the transaction: a killed process gives it back by dying. */
async function recall(client: pg.PoolClient, key: string, fingerprint: string): Promise<Answer | undefined> {
  const found = await client.query<{ free: boolean; fingerprint: string | null; status: number; body: string }>({
    name: 'recall',
    text: `select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as free, fingerprint, status, body
           from (select 1) as one
           left join answers on key = $1 and created_at > now() - interval '24 hours'`,
    values: [key],
  });
  const row = found.rows[0];
  if (row !== undefined && row.fingerprint !== null) {
    if (row.fingerprint !== fingerprint) throw keyReused(key);
    return { status: row.status, body: row.body, replayed: true };
  }
  if (row?.free !== true) throw keyInUse(key);
  return undefined;
}

export async function forgetOldAnswers(store: Store): Promise<void> {
  await store.pool.query("delete from answers where created_at <= now() - interval '24 hours'");
}
