/** The jobs of reconciliation: compare what was loaded, book what agrees, pull what the gateway lists. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { BOOK, BookSettlement } from './book-settlement.js';
import { MATCH } from './load-settlement.js';
import { MatchSettlement } from './match-settlement.js';
import { PullSettlement } from './pull-settlement.js';

/** Compared, and nothing of it is left for a person to decide. */
const DECIDED = `status = 'done' and booked_at is null and not exists (
  select from breaks b where b.settlement_id = settlements.id and b.closed_at is null)`;

@Injectable()
export class ReconciliationProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly matchSettlement: MatchSettlement,
    private readonly bookSettlement: BookSettlement,
    private readonly pullSettlement: PullSettlement,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: MATCH,
      table: 'settlements',
      // Loaded, and nobody has compared it.
      where: `status = 'running'`,
      perform: (id) => this.matchSettlement.match(id),
    });
    this.jobs.register({
      name: BOOK,
      table: 'settlements',
      where: DECIDED,
      perform: (id) => this.bookSettlement.book(id),
    });
    this.jobs.register({
      name: 'pull_settlement',
      table: 'settlement_pulls',
      where: 'true',
      dueAt: 'next_pull_at',
      perform: (gateway) => this.pullSettlement.pull(gateway),
    });
  }
}
