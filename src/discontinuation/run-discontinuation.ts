/**
 * Carries a market's end out at its date (5.4), through the jobs of the workers: begins the run, ends membership by
 * membership at a steady pace, and closes it when none is left. Every step is found again in the rows after a crash.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { In } from 'typeorm';
import { AssessCancellation } from '../cancellations/assess-cancellation.js';
import { EndWithReturns } from '../cancellations/end-with-returns.js';
import { quoteDiscontinuation } from '../domain/cancellation.js';
import { Database } from '../platform/database/database.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionJobs } from '../subscriptions/subscription-jobs.js';
import { DiscontinuationEntity } from './discontinuation.entity.js';

// Two hundred a second per poll: a market of a million ends in an hour and a half without starving anybody else.
const PER_POLL_MAX = 200;
// A sign-up that was under way at the announcement may come in when all the others have ended.
const BEGUN = In(['running', 'done']);
// The countries are read once, and their live members found by an index.
const IN_ENDED_MARKET = `ended_at is null
  and country = any(array(select country from discontinuations where status in ('running', 'done')))`;
const EMPTY = `status = 'running' and not exists (
  select from subscriptions s where s.country = discontinuations.country and s.ended_at is null)`;

@Injectable()
export class RunDiscontinuation implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptionJobs: SubscriptionJobs,
    private readonly assessCancellation: AssessCancellation,
    private readonly endWithReturns: EndWithReturns,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'discontinue_market',
      table: 'discontinuations',
      where: `status = 'approved'`,
      dueAt: 'effective_at',
      perform: (id) => this.begin(id),
    });
    this.subscriptionJobs.register(
      { name: 'end_membership', table: 'subscriptions', where: IN_ENDED_MARKET, perPollMax: PER_POLL_MAX },
      (change) => this.endOne(change),
    );
    this.jobs.register({
      name: 'close_discontinuation',
      table: 'discontinuations',
      where: EMPTY,
      perform: (id) => this.closeIfEmpty(id),
    });
  }

  private async begin(id: string): Promise<void> {
    await this.database.reader.query(
      `update discontinuations d set status = 'running', started_at = $2, claimed_until = null,
         total = (select count(*) from subscriptions s where s.country = d.country and s.ended_at is null)
       where id = $1 and status = 'approved' and effective_at <= $2`,
      [id, await this.clock.now()],
    );
  }

  /** What goes back is counted as of the market's end, however late this membership's turn comes. */
  private async endOne(change: Change): Promise<void> {
    const { country } = change.subscription;
    const { effectiveAt } = await change.tx.require(DiscontinuationEntity, { country, status: BEGUN });
    await this.end(change, effectiveAt);
  }

  private async end(change: Change, effectiveAt: Date): Promise<void> {
    const { quote } = await this.assessCancellation.assess(change, quoteDiscontinuation, effectiveAt);
    await this.endWithReturns.end(change, quote, {
      move: 'discontinue',
      event: 'subscription.discontinued',
      endReason: 'market_discontinued',
      words: 'the market ended',
      quoteId: null,
      reason: null,
      effectiveAt,
    });
  }

  private async closeIfEmpty(id: string): Promise<void> {
    await this.database.reader.query(
      `update discontinuations d set status = 'done', done_at = $2
       where id = $1 and status = 'running'
         and not exists (select from subscriptions s where s.country = d.country and s.ended_at is null)`,
      [id, await this.clock.now()],
    );
  }
}
