/** The duties of reconciliation: compare what was loaded, book what agrees, pull what the gateway lists. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { BOOK, BookSettlement } from './book-settlement.js';
import { MATCH } from './load-settlement.js';
import { MatchSettlement } from './match-settlement.js';
import { PullSettlement } from './pull-settlement.js';
import { SettlementStore } from './settlement.store.js';

@Injectable()
export class ReconciliationProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly settlements: SettlementStore,
    private readonly matchSettlement: MatchSettlement,
    private readonly bookSettlement: BookSettlement,
    private readonly pullSettlement: PullSettlement,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: MATCH,
      claim: (max) => this.settlements.claimToMatch(max),
      perform: (id) => this.matchSettlement.run(id),
    });
    this.runner.register({
      name: BOOK,
      claim: (max) => this.settlements.claimToBook(max),
      perform: (id) => this.bookSettlement.run(id),
    });
    this.runner.register({
      name: 'pull_settlement',
      claim: (max) => this.pullSettlement.claim(max),
      perform: () => this.pullSettlement.run(),
    });
  }
}
