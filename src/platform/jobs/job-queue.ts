/**
 * The queue that carries jobs to workers, on Redis or on PostgreSQL, through BullMQ. It holds names and ids and nothing
 * else, and may be wiped at any moment: the next poll finds the same work again.
 */
import { Logger } from '@nestjs/common';
import {
  createPostgresBackend,
  Queue,
  Worker,
  type BackendFactory,
  type ConnectionOptions,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import type { Config } from '../config.js';
import { NO_JIT, PreparingClient } from '../database/prepared-statements.js';

const QUEUE = 'jobs';
const POLL = 'poll';
const PERFORM = 'perform';
// A worker that dies is noticed after the lock and one check: about five seconds.
const LOCK_MS = 5000;
const STALLED_CHECK_MS = 2000;
const SCHEDULER_CHECK_MS = 15_000;
const PING_MS = 2000;

/** Rows of one job, for one worker. */
export interface JobBatch {
  job: string;
  ids: string[];
}

/** What a worker does with what the queue brings. */
export interface QueueWork {
  perform(batch: JobBatch, redelivered: boolean): Promise<void>;
  /** `only`: these jobs; all without it. */
  poll(only: string[] | undefined): Promise<void>;
}

type Carried = Partial<JobBatch> & { only?: string[] };

export class JobQueue {
  private readonly logger = new Logger('jobs');
  private readonly backend: BackendFactory | undefined;
  private readonly queue: Queue<Carried>;
  private readonly producer: Redis | null;
  private consumer: Redis | null = null;
  private worker: Worker<Carried> | null = null;
  private schedulerCheck: NodeJS.Timeout | null = null;

  constructor(private readonly config: Config) {
    const { REDIS_URL } = config;
    this.backend = REDIS_URL === undefined ? (createPostgresBackend as unknown as BackendFactory) : undefined;
    // Gives up soon while Redis is away; a request never waits for it.
    this.producer = REDIS_URL === undefined ? null : new Redis(REDIS_URL, { maxRetriesPerRequest: 1 });
    this.producer?.on('error', () => undefined);
    const options: QueueOptions = {
      connection: this.producer ?? this.postgres(3),
      skipWaitingForReady: true,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: 1000 },
    };
    this.queue = new Queue<Carried>(QUEUE, options, this.backend as never);
    this.queue.on('error', (error) => this.logger.warn(`queue: ${error.message}`));
  }

  async start(work: QueueWork): Promise<void> {
    const { REDIS_URL, WORKER_CONCURRENCY } = this.config;
    this.consumer = REDIS_URL === undefined ? null : new Redis(REDIS_URL, { maxRetriesPerRequest: null });
    const options: WorkerOptions = {
      connection: this.consumer ?? this.postgres(WORKER_CONCURRENCY + 3),
      concurrency: WORKER_CONCURRENCY,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 1000,
    };
    this.worker = new Worker<Carried>(
      QUEUE,
      ({ name, data: { job = '', ids = [], only }, stalledCounter }) =>
        name === POLL ? work.poll(only) : work.perform({ job, ids }, stalledCounter > 0),
      options,
      this.backend as never,
    );
    this.worker.on('error', (error) => this.logger.warn(`worker: ${error.message}`));
    this.worker.on('failed', (job, error) =>
      this.logger.error(`job ${job?.name ?? ''}: ${error.stack ?? error.message}`),
    );
    await this.schedulePolls();
    // A wiped queue loses its scheduler too; put it back.
    this.schedulerCheck = setInterval(() => {
      this.schedulePolls().catch((error: Error) => this.logger.warn(`scheduler: ${error.message}`));
    }, SCHEDULER_CHECK_MS);
  }

  async add(batches: JobBatch[]): Promise<void> {
    await this.queue.addBulk(batches.map((data) => ({ name: PERFORM, data })));
  }

  async addPoll(only: string[]): Promise<void> {
    await this.queue.add(POLL, { only });
  }

  /** Rejects when the queue does not answer within two seconds. */
  async ping(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the queue does not answer')), PING_MS);
    });
    await Promise.race([this.queue.count(), late]).finally(() => clearTimeout(timer));
  }

  /** Takes nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    if (this.schedulerCheck !== null) clearInterval(this.schedulerCheck);
    await this.worker?.close();
    this.consumer?.disconnect();
  }

  async close(): Promise<void> {
    await this.queue.close();
    this.producer?.disconnect();
  }

  private postgres(max: number): ConnectionOptions {
    return { connectionString: this.config.DATABASE_URL, max, options: NO_JIT, Client: PreparingClient };
  }

  private async schedulePolls(): Promise<void> {
    await this.queue.upsertJobScheduler(POLL, { every: this.config.POLL_EVERY_MS }, { name: POLL, data: {} });
  }
}
