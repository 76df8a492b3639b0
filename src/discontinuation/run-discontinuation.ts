/**
 * Carries a market's end out at its date (5.4), through the duties of the workers: begins the run, ends membership by
 * membership at a steady pace, and closes it when none is left. Every step is found again in the rows after a crash.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { In } from 'typeorm';
import { AssessCancellation } from '../cancellations/assess-cancellation.js';
import { EndWithReturns } from '../cancellations/end-with-returns.js';
import { quoteDiscontinuation } from '../domain/cancellation.js';
import { isLive } from '../domain/subscription.js';
import { Clock } from '../platform/clock.js';
import { claimRows } from '../platform/claim.js';
import { Database } from '../platform/database.js';
import { DutyRunner } from '../platform/duty-runner.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { DiscontinuationEntity } from './discontinuation.entity.js';

// Two hundred a second per sweep: a market of a million ends in an hour and a half without starving anybody else.
const PER_SWEEP_MAX = 200;
// A sign-up that was under way at the announcement may come in when all the others have ended.
const BEGUN = In(['running', 'done']);

@Injectable()
export class RunDiscontinuation implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly changeSubscription: ChangeSubscription,
    private readonly assess: AssessCancellation,
    private readonly endWithReturns: EndWithReturns,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'discontinue_market',
      claim: (max) => this.claimApproved(max),
      perform: (id) => this.begin(id),
    });
    this.runner.register({
      name: 'end_membership',
      claim: () => this.claimMembers(),
      perform: (id) => this.endOne(id),
    });
    this.runner.register({
      name: 'close_discontinuation',
      claim: (max) => this.claimRunning(max),
      perform: (id) => this.closeIfEmpty(id),
    });
  }

  private async claimApproved(max: number): Promise<string[]> {
    const values = [await this.clock.now()];
    const due = `status = 'approved' and effective_at <= $1`;
    return claimRows(this.database.reader, { table: 'discontinuations', due, orderBy: 'effective_at', values }, max);
  }

  private claimRunning(max: number): Promise<string[]> {
    const due = `status = 'running' and not exists (
      select 1 from subscriptions s where s.country = discontinuations.country and s.ended_at is null)`;
    return claimRows(this.database.reader, { table: 'discontinuations', due, orderBy: 'id', values: [] }, max);
  }

  /** Market by market, so that each is found by its index. */
  private async claimMembers(): Promise<string[]> {
    const plans = await this.database.reader.getRepository(DiscontinuationEntity).findBy({ status: BEGUN });
    const claimed: string[] = [];
    for (const { country } of plans) {
      const claim = {
        table: 'subscriptions',
        due: 'ended_at is null and country = $1',
        orderBy: 'id',
        values: [country],
      };
      claimed.push(...(await claimRows(this.database.reader, claim, PER_SWEEP_MAX - claimed.length)));
    }
    return claimed;
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
  private endOne(id: string): Promise<void> {
    return this.changeSubscription.run(id, 'scheduler', async (change) => {
      const { tx, subscription } = change;
      const { country, status } = subscription;
      const plan = await tx.getRepository(DiscontinuationEntity).findOneBy({ country, status: BEGUN });
      if (plan !== null && isLive(status)) await this.end(change, plan.effectiveAt);
    });
  }

  private async end(change: Change, effectiveAt: Date): Promise<void> {
    const { quote } = await this.assess.run(change, quoteDiscontinuation, effectiveAt);
    await this.endWithReturns.run(change, quote, {
      move: 'discontinue',
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
         and not exists (select 1 from subscriptions s where s.country = d.country and s.ended_at is null)`,
      [id, await this.clock.now()],
    );
  }
}
