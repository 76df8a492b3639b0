/**
 * Carries duties through BullMQ: one queue, on Redis or on PostgreSQL. The queue holds ids and nothing else, and may be
 * wiped at any moment: the next sweep finds the same work again.
 */
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import {
  createPostgresBackend,
  Queue,
  Worker,
  type BackendFactory,
  type ConnectionOptions,
  type Job,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import pMap from 'p-map';
import { Config } from './config.js';
import type { Duty } from './duty.js';
import { NO_JIT, PreparingClient } from './statements.js';

const QUEUE = 'duties';
const SWEEP = 'sweep';
const PERFORM = 'perform';
const CLAIM_MAX = 500;
const IDS_PER_JOB = 50;
const IDS_AT_ONCE = 50;
const GATHER_MS = 5;
// Adding jobs is dear where the queue lives in PostgreSQL: under load they are added rarely and many at a time.
const ADDED_APART_MS = 25;
// A worker that dies is noticed after the lock and one check: about five seconds.
const LOCK_MS = 5000;
const STALLED_CHECK_MS = 2000;
const SCHEDULER_CHECK_MS = 15_000;
const PING_MS = 2000;

interface DutyJob {
  duty?: string;
  ids?: string[];
  /** Of a sweep: only these; all where it does not say. */
  duties?: string[];
}

@Injectable()
export class DutyRunner implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('duties');
  private readonly duties = new Map<string, Duty>();
  private readonly backend: BackendFactory | undefined;
  private readonly queue: Queue<DutyJob>;
  private readonly producer: Redis | null;
  private readonly nudged = new Map<string, string[]>();
  private nudgeTimer: NodeJS.Timeout | null = null;
  private nudgedAtMs = 0;
  private consumer: Redis | null = null;
  private worker: Worker<DutyJob> | null = null;
  private schedulerCheck: NodeJS.Timeout | null = null;

  constructor(private readonly config: Config) {
    this.backend = config.REDIS_URL === undefined ? (createPostgresBackend as unknown as BackendFactory) : undefined;
    // Gives up soon while Redis is away; a request never waits for it.
    this.producer = config.REDIS_URL === undefined ? null : new Redis(config.REDIS_URL, { maxRetriesPerRequest: 1 });
    this.producer?.on('error', () => undefined);
    const options: QueueOptions = {
      connection: this.producer ?? this.postgres(3),
      skipWaitingForReady: true,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: 1000 },
    };
    this.queue = new Queue<DutyJob>(QUEUE, options, this.backend as never);
    this.queue.on('error', (error) => this.logger.warn(`queue: ${error.message}`));
  }

  register(duty: Duty): void {
    this.duties.set(duty.name, duty);
  }

  /** Starts performing and sweeping in this process. */
  async start(): Promise<void> {
    const { REDIS_URL } = this.config;
    this.consumer = REDIS_URL === undefined ? null : new Redis(REDIS_URL, { maxRetriesPerRequest: null });
    const options: WorkerOptions = {
      connection: this.consumer ?? this.postgres(this.config.WORKER_CONCURRENCY + 3),
      concurrency: this.config.WORKER_CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 1000,
    };
    this.worker = new Worker<DutyJob>(QUEUE, (job) => this.work(job), options, this.backend as never);
    this.worker.on('error', (error) => this.logger.warn(`worker: ${error.message}`));
    this.worker.on('failed', (job, error) =>
      this.logger.error(`job ${job?.name ?? ''}: ${error.stack ?? error.message}`),
    );
    await this.scheduleSweep();
    // A wiped queue loses its scheduler too; put it back.
    this.schedulerCheck = setInterval(() => {
      this.scheduleSweep().catch((error: Error) => this.logger.warn(`scheduler: ${error.message}`));
    }, SCHEDULER_CHECK_MS);
  }

  /**
   * Hands fresh ids to the workers without waiting; if the queue is away, the sweep brings them. Ids that come within
   * a few milliseconds of each other travel in one job.
   */
  nudge(duty: string, ids: string[]): void {
    const waiting = this.nudged.get(duty) ?? [];
    waiting.push(...ids);
    this.nudged.set(duty, waiting);
    const restMs = this.nudgedAtMs + ADDED_APART_MS - performance.now();
    this.nudgeTimer ??= setTimeout(() => this.sendNudged(), Math.max(GATHER_MS, restMs));
  }

  /** Asks for one sweep of these duties now. */
  async sweepNow(duties: string[]): Promise<void> {
    await this.queue.add(SWEEP, { duties });
  }

  async ping(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the queue does not answer')), PING_MS);
    });
    await Promise.race([this.queue.count(), late]).finally(() => clearTimeout(timer));
  }

  /** Lets running jobs end while their database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.schedulerCheck !== null) clearInterval(this.schedulerCheck);
    await this.worker?.close();
    this.consumer?.disconnect();
  }

  async onApplicationShutdown(): Promise<void> {
    // What was not handed over yet is found by the next sweep.
    if (this.nudgeTimer !== null) clearTimeout(this.nudgeTimer);
    await this.queue.close();
    this.producer?.disconnect();
  }

  private postgres(max: number): ConnectionOptions {
    return { connectionString: this.config.DATABASE_URL, max, options: NO_JIT, Client: PreparingClient };
  }

  private sendNudged(): void {
    this.nudgeTimer = null;
    this.nudgedAtMs = performance.now();
    const jobs = [...this.nudged].flatMap(([duty, ids]) => batchesOf(duty, ids));
    this.nudged.clear();
    if (jobs.length === 0) return;
    this.queue.addBulk(jobs).catch((error: Error) => {
      this.logger.warn(`left to the sweep: ${error.message}`);
    });
  }

  private async scheduleSweep(): Promise<void> {
    await this.queue.upsertJobScheduler(SWEEP, { every: this.config.SWEEP_EVERY_MS }, { name: SWEEP, data: {} });
  }

  private async work(job: Job<DutyJob>): Promise<void> {
    if (job.name === SWEEP) return this.sweep(job.data.duties);
    const duty = this.duties.get(job.data.duty ?? '');
    if (duty === undefined) throw new Error(`no duty is called ${job.data.duty}`);
    await this.performAll(duty, job.data.ids ?? [], job.stalledCounter > 0);
  }

  private async sweep(only: string[] | undefined): Promise<void> {
    for (const duty of this.duties.values()) {
      if (only?.includes(duty.name) !== false) await this.guarded(duty.name, () => this.handOut(duty));
    }
  }

  private async handOut(duty: Duty): Promise<void> {
    for (let ids = await duty.claim(CLAIM_MAX); ids.length > 0; ids = await duty.claim(CLAIM_MAX)) {
      await this.queue.addBulk(batchesOf(duty.name, ids));
      if (ids.length < CLAIM_MAX) return;
    }
  }

  private async performAll(duty: Duty, ids: string[], redelivered: boolean): Promise<void> {
    const performOne = (id: string): Promise<void> =>
      this.guarded(`${duty.name} ${id}`, () => duty.perform(id, redelivered));
    await pMap(ids, performOne, { concurrency: IDS_AT_ONCE });
  }

  /** The trouble of one duty, or of one id, never stops the others: its row stays due and the next sweep brings it again. */
  private async guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
}

function batchesOf(duty: string, ids: string[]): { name: string; data: DutyJob }[] {
  return Array.from({ length: Math.ceil(ids.length / IDS_PER_JOB) }, (_, index) => ({
    name: PERFORM,
    data: { duty, ids: ids.slice(index * IDS_PER_JOB, (index + 1) * IDS_PER_JOB) },
  }));
}
