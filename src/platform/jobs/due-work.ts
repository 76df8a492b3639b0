/**
 * What is due, by the declarations of all jobs. It claims rows for a poll, counts them for metrics and the test clock, and
 * says under a lock whether a row is still due; it performs nothing.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Tx } from '../database/tx.js';
import { Metrics } from '../http/metrics.js';
import { Clock } from '../time/clock.js';
import { CLAIM_SECONDS, type Job } from './job.js';

const RETRY_SECONDS = 5;

export interface DueCount {
  job: string;
  /** Due rows. */
  count: number;
  /** Those of them that an instant made due; the others are due at once, such as a webhook that came in. */
  timed: number;
  /** How long the oldest of these has waited. */
  oldestSeconds: number;
}

interface Asked {
  job: string;
  id: string;
  now: Date;
}

@Injectable()
export class DueWork implements OnModuleInit {
  private readonly jobs = new Map<string, Job>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const measure = async (value: (due: DueCount) => number): Promise<{ name: string; count: number }[]> =>
      (await this.count(await this.clock.now())).map((due) => ({ name: due.job, count: value(due) }));
    this.metrics.register({
      name: 'vip_due_work',
      help: 'rows that are due, by job',
      label: 'job',
      count: () => measure(({ count }) => count),
    });
    this.metrics.register({
      name: 'vip_due_work_oldest_seconds',
      help: 'how long the oldest due row has waited',
      label: 'job',
      count: () => measure(({ oldestSeconds }) => oldestSeconds),
    });
  }

  declare(job: Job): void {
    if (this.jobs.has(job.name)) throw new Error(`two jobs are called ${job.name}`);
    this.jobs.set(job.name, job);
  }

  get all(): readonly Job[] {
    return [...this.jobs.values()];
  }

  get(name: string): Job {
    const job = this.jobs.get(name);
    if (job === undefined) throw new Error(`no job is called ${name}`);
    return job;
  }

  /**
   * Ids of at most `max` due rows nobody else has claimed, the longest due first; the claim lasts half a minute of machine
   * time. Fewer than asked for means that these were all.
   */
  async claim(job: Job, max: number): Promise<string[]> {
    const free = Math.min(max, job.perPollMax ?? max, await this.free(job));
    if (free <= 0) return [];
    const { table, dueAt, heldUntil } = job;
    const held = heldUntil === undefined ? '' : `and (${heldUntil} is null or ${heldUntil} < clock_timestamp())`;
    const rows = await this.database.reader.query<{ id: string }>(
      `update ${table} set claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
       where id in (
         select id from ${table}
         where ${conditionOf(job, '$1')} and (claimed_until is null or claimed_until < clock_timestamp()) ${held}
         order by ${dueAt ?? 'id'} limit $2 for update skip locked)
       returning id`,
      [await this.clock.now(), free],
    );
    return rows.map(({ id }) => id);
  }

  /** The jobs that have any due row, in the order they were declared in; one cheap statement, however much is due. */
  async dueJobs(): Promise<Job[]> {
    const any = this.all.map(
      (job) => `select '${job.name}' as job where exists (select from ${job.table} where ${conditionOf(job, '$1')})`,
    );
    const due = await this.database.reader.query<{ job: string }>(any.join(' union all '), [await this.clock.now()]);
    const names = new Set(due.map(({ job }) => job));
    return this.all.filter(({ name }) => names.has(name));
  }

  /** What is due at an instant, by job; jobs with nothing due are left out. */
  count(now: Date): Promise<DueCount[]> {
    const due = this.all.map(
      (job) => `select '${job.name}' as job, ${instantOf(job)} as due_at from ${job.table} where ${job.where}`,
    );
    return this.database.reader.query<DueCount>(
      `select job, count(*)::int as count, count(*) filter (where due_at > '-infinity')::int as timed,
         coalesce(extract(epoch from $1::timestamptz - min(due_at) filter (where due_at > '-infinity')), 0)::float8
           as "oldestSeconds"
       from (${due.join(' union all ')}) work where due_at <= $1 group by job order by job`,
      [now],
    );
  }

  /** The first instant after one, up to another, at which something becomes due; null when nothing does. */
  async nextAfter(after: Date, to: Date): Promise<Date | null> {
    const timed = this.all.filter(({ dueAt }) => dueAt !== undefined);
    const firsts = timed.map(
      ({ table, where, dueAt }) =>
        `select min(${dueAt}) as due_at from ${table} where (${where}) and ${dueAt} > $1 and ${dueAt} <= $2`,
    );
    const [first] = await this.database.reader.query<{ at: Date | null }>(
      `select min(due_at) as at from (${firsts.join(' union all ')}) work`,
      [after, to],
    );
    return first?.at ?? null;
  }

  /** Whether the row is due now, as seen under the caller's lock. In a batch, all are asked in one statement a job. */
  isStillDue(tx: Tx, job: string, id: string, now: Date): Promise<boolean> {
    return tx.together(this.areStillDue, { job, id, now });
  }

  private readonly areStillDue = async (tx: Tx, asked: readonly Asked[]): Promise<boolean[]> => {
    const still = new Set<string>();
    for (const name of new Set(asked.map(({ job }) => job))) {
      const ofJob = asked.filter(({ job }) => job === name);
      const job = this.get(name);
      const rows = await tx.query<{ id: string }>(
        `select id from ${job.table} where id = any($2) and ${conditionOf(job, '$1')}`,
        // Changes of one batch are decided at one instant.
        [ofJob[0]?.now, ofJob.map(({ id }) => id)],
      );
      for (const { id } of rows) still.add(`${name} ${id}`);
    }
    return asked.map(({ job, id }) => still.has(`${job} ${id}`));
  };

  /** Unexpected trouble: the row is left alone for some seconds, then the next poll tries it again. */
  async retryLater({ table }: Job, id: string): Promise<void> {
    await this.database.reader.execute(
      `update ${table} set claimed_until = clock_timestamp() + make_interval(secs => ${RETRY_SECONDS}) where id = $1`,
      [id],
    );
  }

  private async free({ table, where, underWayMax }: Job): Promise<number> {
    if (underWayMax === undefined) return Infinity;
    const [claimed] = await this.database.reader.query<{ count: number }>(
      `select count(*)::int as count from ${table} where (${where}) and claimed_until > clock_timestamp()`,
    );
    return underWayMax - (claimed?.count ?? 0);
  }
}

function instantOf({ dueAt }: Job): string {
  return dueAt ?? `'-infinity'::timestamptz`;
}

/** `$n` must stand in it also where nothing is compared with the time. */
function conditionOf(job: Job, now: string): string {
  return `(${job.where}) and ${instantOf(job)} <= ${now}`;
}
