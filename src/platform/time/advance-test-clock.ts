/**
 * Moves business time in a test: stops at every due instant on the way, in order, lets the workers do everything due
 * there, and goes on when nothing is running.
 */
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RequestProblem, validationFailed } from '../http/problem.js';
import { DueWork } from '../jobs/due-work.js';
import { JobRunner } from '../jobs/job-runner.js';
import { Clock, TestClock } from './clock.js';
import { waitUntil } from './wait.js';

const STOP_WITHIN_MS = 120_000;
const CLOCK_LOCK = 7_316_403;

export interface ClockMoved {
  now: Date;
  quiet: true;
  /** How often each job came due on the way. */
  ran: Record<string, number>;
}

@Injectable()
export class AdvanceTestClock {
  constructor(
    private readonly clock: Clock,
    private readonly source: DataSource,
    private readonly dueWork: DueWork,
    private readonly jobs: JobRunner,
  ) {}

  /** Refuses 404 without a test clock, 422 for an instant in the past, 503 when the work of a stop does not end. */
  async advance(target: (now: Date) => Date): Promise<ClockMoved> {
    const clock = this.clock;
    if (!(clock instanceof TestClock)) {
      throw new RequestProblem(404, 'not_found', 'There is no test clock here; start with TEST_CLOCK=on.');
    }
    const lock = this.source.createQueryRunner();
    try {
      // Another move of the clock may take its time.
      await lock.query('set lock_timeout = 0');
      await lock.query('select pg_advisory_lock($1)', [CLOCK_LOCK]);
      const now = await clock.now();
      const to = target(now);
      if (to < now) {
        throw validationFailed([
          { path: 'to', message: `the clock stands at ${now.toISOString()} and only moves forward` },
        ]);
      }
      return await this.walk(clock, now, to);
    } finally {
      await lock.query('select pg_advisory_unlock($1)', [CLOCK_LOCK]);
      await lock.query('reset lock_timeout');
      await lock.release();
    }
  }

  private async walk(clock: TestClock, from: Date, to: Date): Promise<ClockMoved> {
    const ran: Record<string, number> = {};
    await this.runUntilQuiet(from, ran);
    for (
      let stop = await this.dueWork.nextAfter(from, to);
      stop !== null;
      stop = await this.dueWork.nextAfter(stop, to)
    ) {
      await clock.moveTo(stop);
      await this.runUntilQuiet(stop, ran);
    }
    await clock.moveTo(to);
    return { now: to, quiet: true, ran };
  }

  private async runUntilQuiet(now: Date, ran: Record<string, number>): Promise<void> {
    const due = await this.dueWork.count(now);
    // What comes in machine time, such as a webhook, is waited for and not counted: it is not due at an instant.
    for (const { job, timed } of due) if (timed > 0) ran[job] = (ran[job] ?? 0) + timed;
    const quiet = await waitUntil(() => this.work(now), STOP_WITHIN_MS);
    if (quiet) return;
    const left = (await this.dueWork.count(now)).map(({ job, count }) => `${count} × ${job}`).join(', ');
    throw new RequestProblem(503, 'not_quiet', `Work due at ${now.toISOString()} does not end: ${left}.`);
  }

  /** Has what is due performed, as long as that gets anywhere: what is done makes other things due. True when it is quiet. */
  private async work(now: Date): Promise<boolean> {
    let before = '';
    for (;;) {
      const left = await this.dueWork.count(now);
      if (left.length === 0) return true;
      const state = JSON.stringify(left.map(({ job, count }) => [job, count]));
      const performed = await this.jobs.pollNow(left.map(({ job }) => job));
      if (!performed || state === before) return false;
      before = state;
    }
  }
}
