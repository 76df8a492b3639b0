/**
 * Performs jobs: polls PostgreSQL for rows that are due, has the queue carry their ids to workers, and performs them. With
 * `QUEUE=off`, under a test clock only, this process performs them itself and no queue is needed.
 */
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import pMap from 'p-map';
import { Config } from '../config.js';
import { DueWork } from './due-work.js';
import { JobQueue, type JobBatch } from './job-queue.js';
import type { Job } from './job.js';

const CLAIM_MAX = 500;
const IDS_PER_BATCH = 50;
const GATHER_MS = 5;
// Adding to the queue is dear where it lives in PostgreSQL: under load it is done rarely and for many rows at a time.
const ADDED_APART_MS = 25;

@Injectable()
export class JobRunner implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly queue: JobQueue | null;
  private readonly gathered = new Map<string, string[]>();
  private gatherTimer: NodeJS.Timeout | null = null;
  private addedAtMs = 0;
  private pollTimer: NodeJS.Timeout | null = null;
  private readonly underWay = new Set<Promise<unknown>>();
  private performsHere = false;

  constructor(
    private readonly config: Config,
    private readonly dueWork: DueWork,
  ) {
    this.queue = config.QUEUE === 'off' ? null : new JobQueue(config);
  }

  register(job: Job): void {
    this.dueWork.declare(job);
  }

  /** Starts performing and polling in this process. */
  async start(): Promise<void> {
    this.performsHere = true;
    if (this.queue !== null) {
      await this.queue.start({
        perform: (batch, redelivered) => this.perform(batch, redelivered),
        poll: (only) => this.poll(only),
      });
      return;
    }
    this.pollTimer = setInterval(() => this.track(this.poll()), this.config.POLL_EVERY_MS);
  }

  /**
   * Hands fresh ids to the workers without waiting; if the queue is away, the next poll brings them. Ids that come within
   * a few milliseconds of each other travel together.
   */
  enqueue(job: string, ids: string[]): void {
    const gathered = this.gathered.get(job) ?? [];
    gathered.push(...ids);
    this.gathered.set(job, gathered);
    const restMs = Math.max(GATHER_MS, this.addedAtMs + ADDED_APART_MS - performance.now());
    this.gatherTimer ??= setTimeout(() => this.sendGathered(), this.queue === null ? 0 : restMs);
  }

  /** Polls for these jobs now. True when what was found is performed; false when the queue carries it to a worker. */
  async pollNow(jobs: string[]): Promise<boolean> {
    if (this.queue !== null) await this.queue.addPoll(jobs);
    else if (this.performsHere) await this.poll(jobs);
    return this.queue === null && this.performsHere;
  }

  /** Rejects when the queue does not answer. */
  async ping(): Promise<void> {
    await this.queue?.ping();
  }

  /** Lets what is under way end while its database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    this.performsHere = false;
    if (this.pollTimer !== null) clearInterval(this.pollTimer);
    await this.queue?.stop();
    await Promise.all(this.underWay);
  }

  async onApplicationShutdown(): Promise<void> {
    // What was not handed over yet is found by the next poll.
    if (this.gatherTimer !== null) clearTimeout(this.gatherTimer);
    await this.queue?.close();
  }

  private sendGathered(): void {
    this.gatherTimer = null;
    this.addedAtMs = performance.now();
    const batches = [...this.gathered].flatMap(([job, ids]) => batchesOf(job, ids));
    this.gathered.clear();
    this.track(
      this.carry(batches).catch((error: Error) => this.logger.warn(`left to the next poll: ${error.message}`)),
    );
  }

  /** Polls in the order the jobs were registered in. */
  private async poll(only?: string[]): Promise<void> {
    for (const job of await this.dueWork.dueJobs()) {
      if (only?.includes(job.name) !== false) await this.guarded(job.name, () => this.handOut(job));
    }
  }

  private async handOut(job: Job): Promise<void> {
    for (let claimed = CLAIM_MAX; claimed === CLAIM_MAX;) {
      const ids = await this.dueWork.claim(job, CLAIM_MAX);
      await this.carry(batchesOf(job.name, ids));
      claimed = ids.length;
    }
  }

  private async carry(batches: JobBatch[]): Promise<void> {
    if (batches.length === 0) return;
    if (this.queue !== null) return this.queue.add(batches);
    const { WORKER_CONCURRENCY: concurrency } = this.config;
    if (this.performsHere) await pMap(batches, (batch) => this.perform(batch, false), { concurrency });
  }

  private async perform({ job: name, ids }: JobBatch, redelivered: boolean): Promise<void> {
    const job = this.dueWork.get(name);
    const performOne = async (id: string): Promise<void> => {
      const done = await this.guarded(`${name} ${id}`, () => job.perform(id, redelivered));
      if (!done) await this.guarded(`${name} ${id} again later`, () => this.dueWork.retryLater(job, id));
    };
    await pMap(ids, performOne, { concurrency: IDS_PER_BATCH });
  }

  /** The trouble of one job, or of one row, never stops the others: what is due stays due. False where there was trouble. */
  private async guarded(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.logger.error(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return false;
    }
  }

  private track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }
}

function batchesOf(job: string, ids: string[]): JobBatch[] {
  return Array.from({ length: Math.ceil(ids.length / IDS_PER_BATCH) }, (_, index) => ({
    job,
    ids: ids.slice(index * IDS_PER_BATCH, (index + 1) * IDS_PER_BATCH),
  }));
}
