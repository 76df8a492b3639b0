/**
 * What must hold after every scenario: the checks of the books that finance runs, which are the service's own, and beside
 * them the second model, which shares no code with it.
 */
import type pg from 'pg';
import { listed, OWN_CHECKS } from '../../src/reports/books/check-books.js';
import { GATEWAY_CHECKS } from '../../src/reports/books/gateway-checks.js';
import type { Movement, SandboxClient } from './sandbox-client.js';
import { compareWithGateway, compareWithLedger, findLeftOver } from './second-model.js';
import { waitUntil } from '../../src/platform/time/wait.js';

const QUIET_WITHIN_MS = 15_000;

/** Everything that is wrong, in words; empty when the books are right. */
export async function audit(database: pg.Pool, gateway: Pick<SandboxClient, 'movements'>): Promise<string[]> {
  // What is on its way has a moment to arrive: both records are read one after the other.
  await waitUntil(async () => (await findLeftOver(database)).length === 0, QUIET_WITHIN_MS);
  const movements = await gateway.movements();
  return [
    ...(await runChecks(database, movements)),
    ...(await findLeftOver(database)),
    ...(await compareWithGateway(database, movements)),
    ...(await compareWithLedger(database)),
  ];
}

async function runChecks(database: pg.Pool, movements: Movement[]): Promise<string[]> {
  const clock = await database.query<{ now_at: Date }>('select now_at from test_clock');
  const given = { now: clock.rows[0]?.now_at, movements: JSON.stringify(movements.map(listed(true))) };
  const faults: string[] = [];
  for (const check of [...OWN_CHECKS, ...GATEWAY_CHECKS]) {
    const values = check.given === undefined ? [] : [given[check.given]];
    const { rows } = await database.query<object>(check.sql, values);
    faults.push(...rows.map((row) => `${check.id} ${check.sentence} ${JSON.stringify(row)}`));
  }
  return faults;
}
