/**
 * The one source of time. Business time (what is due, until when) comes from the injected clock and can be a test
 * clock; machine time (leases, token expiry, timeouts) is always real.
 */
import type { Database } from '../database/database.js';
import type { Tx } from '../database/tx.js';

export abstract class Clock {
  /** Business time, to the millisecond. Inside a transaction pass it: asking on a second connection could starve the pool. */
  abstract now(tx?: Tx): Promise<Date>;
}

export class SystemClock extends Clock {
  now(): Promise<Date> {
    return Promise.resolve(machineNow());
  }
}

/** Stands still until it is moved; kept in the database so that every process and every restart sees the same time. */
export class TestClock extends Clock {
  private readonly listeners: ((now: Date) => Promise<void>)[] = [];

  constructor(
    private readonly database: Database,
    private readonly startAt: Date,
  ) {
    super();
  }

  async now(tx: Tx = this.database.reader): Promise<Date> {
    const [clock] = await tx.query<{ now_at: Date }>('select now_at from test_clock');
    return clock?.now_at ?? (await this.begin(tx));
  }

  async moveTo(at: Date): Promise<void> {
    await this.database.reader.execute('update test_clock set now_at = $1 where now_at < $1', [at]);
    for (const hear of this.listeners) await hear(at);
  }

  /** For what lives in the same business time outside the database; it hears of moves made in this process. */
  onMove(hear: (now: Date) => Promise<void>): void {
    this.listeners.push(hear);
  }

  private async begin(tx: Tx): Promise<Date> {
    await tx.query('insert into test_clock (now_at) values ($1) on conflict do nothing', [this.startAt]);
    return this.now(tx);
  }
}

export function machineNow(): Date {
  return new Date();
}
