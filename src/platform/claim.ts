/** Claims due rows for one sweep, in one statement, so that many sweeps share the work without waiting for each other. */
import type { EntityManager } from 'typeorm';
import { CLAIM_SECONDS } from './duty.js';

export interface Claim {
  /** A table with the columns `id` and `claimed_until`. */
  table: string;
  /** SQL over its columns; `$1`, `$2`… are `values`. */
  due: string;
  orderBy: string;
  values: unknown[];
}

/** Ids of at most `max` due rows nobody else has claimed; the claim lasts half a minute of machine time. */
export async function claimRows(
  tx: EntityManager,
  { table, due, orderBy, values }: Claim,
  max: number,
): Promise<string[]> {
  const [rows] = await tx.query<[{ id: string }[], number]>(
    `update ${table} set claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
     where id in (
       select id from ${table}
       where ${due} and (claimed_until is null or claimed_until < clock_timestamp())
       order by ${orderBy} limit $${values.length + 1} for update skip locked)
     returning id`,
    [...values, max],
  );
  return rows.map((row) => row.id);
}
