/**
 * Reads a result of any length through a cursor, a thousand rows at a time, as of one instant and without writing, so
 * that memory stays flat. Stops when the caller stops, and cancels the query that runs when the caller has gone.
 */
import type { DataSource, QueryRunner } from 'typeorm';
import { PLAN_FOR_VALUES } from './prepared-statements.js';

const AT_ONCE = 1000;

// Such a reader holds no lock that anybody waits for, so it may take its time between two reads.
export const READ_ONLY = [
  'set transaction read only',
  `set local idle_in_transaction_session_timeout = '60s'`,
  PLAN_FOR_VALUES,
];

/** `gone`: told when nobody waits for the rows any more. */
export async function* readRows<R extends object>(
  source: DataSource,
  text: string,
  values: unknown[],
  gone: AbortSignal,
): AsyncGenerator<R[]> {
  const runner = source.createQueryRunner();
  let cancel = (): void => undefined;
  let canceled: Promise<unknown> = Promise.resolve();
  try {
    await runner.startTransaction('REPEATABLE READ');
    for (const setting of READ_ONLY) await runner.query(setting);
    const [backend] = await runner.manager.query<{ pid: number }[]>('select pg_backend_pid() as pid');
    cancel = () => {
      canceled = source
        .transaction(async (tx) => {
          // Only who logged in may cancel what it runs; a role that was set may not.
          await tx.query('set local role none');
          await tx.query('select pg_cancel_backend($1)', [backend?.pid]);
        })
        .catch(() => undefined);
    };
    gone.addEventListener('abort', cancel);
    await runner.query(`declare wanted no scroll cursor for ${text}`, values);
    for (let full = true; full && !gone.aborted;) {
      const rows = await runner.manager.query<R[]>(`fetch ${AT_ONCE} from wanted`);
      yield rows;
      full = rows.length === AT_ONCE;
    }
  } finally {
    gone.removeEventListener('abort', cancel);
    await canceled;
    await giveBack(runner);
  }
}

/** A cancellation that comes late hits this query, and none of the connection's next user. */
async function giveBack(runner: QueryRunner): Promise<void> {
  await runner.query('select 1').catch(() => undefined);
  if (runner.isTransactionActive) await runner.rollbackTransaction();
  await runner.release();
}
