/**
 * Asks every check of one database, as of one instant and without writing anything, and says what breaks it. What to do
 * about a violation is not decided here.
 */
import type { Database } from '../../platform/database/database.js';
import type { Tx } from '../../platform/database/tx.js';
import type { Check, Movement } from './check.js';
import { DOCUMENT_CHECKS } from './document-checks.js';
import { GATEWAY_CHECKS } from './gateway-checks.js';
import type { GatewayRecord } from './gateway-record.js';
import { LEDGER_CHECKS } from './ledger-checks.js';
import { LIVENESS_CHECKS } from './liveness-checks.js';
import { MEMBERSHIP_CHECKS } from './membership-checks.js';
import { MONEY_CHECKS } from './money-checks.js';

const SHOWN_MAX = 20;

/** All that need no record of the gateway. */
export const OWN_CHECKS: readonly Check[] = [
  ...MEMBERSHIP_CHECKS,
  ...MONEY_CHECKS,
  ...LEDGER_CHECKS,
  ...DOCUMENT_CHECKS,
  ...LIVENESS_CHECKS,
];

export interface Finding {
  check: Check;
  violations: number;
  /** The first twenty. */
  rows: Record<string, unknown>[];
}

export interface Given {
  /** Business time. */
  now: Date;
  /** Without it the gateway's checks are left out. */
  record: GatewayRecord | null;
}

/** `onFinding` hears of each check as it is done. Throws where a query cannot run, such as on a database not migrated. */
export async function checkBooks(
  database: Database,
  { now, record }: Given,
  onFinding: (finding: Finding) => void = () => undefined,
): Promise<Finding[]> {
  const before = (await record?.read()) ?? [];
  return database.snapshot(async (tx) => {
    // Fixes the instant: what the gateway tells from here on may be news.
    await tx.query('select 1');
    const since = (await record?.readSince()) ?? [];
    const movements = [...before.map(listed(true)), ...since.map(listed(false))];
    const values = { now, movements: JSON.stringify(movements) };
    const findings: Finding[] = [];
    for (const check of record === null ? OWN_CHECKS : [...OWN_CHECKS, ...GATEWAY_CHECKS]) {
      const finding = await ask(tx, check, check.given === undefined ? [] : [values[check.given]]);
      onFinding(finding);
      findings.push(finding);
    }
    return findings;
  });
}

async function ask(tx: Tx, check: Check, values: unknown[]): Promise<Finding> {
  const found = await tx.query<Record<string, unknown>>(
    `select *, count(*) over ()::int as violations from (${check.sql}) violation limit ${SHOWN_MAX}`,
    values,
  );
  const rows = found.map(({ violations: _, ...row }) => row);
  return { check, violations: Number(found[0]?.['violations'] ?? 0), rows };
}

/** As the checks read a movement. */
export function listed(before: boolean): (movement: Omit<Movement, 'before'>) => Movement {
  return ({ type, paymentIntent, reference, amount, currency, refund = null }) => ({
    ...{ type, paymentIntent, reference, amount, currency, refund },
    before,
  });
}
