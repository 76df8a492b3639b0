/** The duty of terms bought early that begin: nothing is charged, the timeline says so (3.3.1). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { currentTerm } from '../domain/due.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class BeginTermProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly subscriptions: SubscriptionStore,
    private readonly changeSubscription: ChangeSubscription,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'begin_term',
      claim: (max) => this.subscriptions.claimDue('begin_term', max),
      perform: (id) => this.begin(id),
    });
  }

  private async begin(id: string): Promise<void> {
    await this.changeSubscription.run(id, 'scheduler', (change) => {
      const { dueMove, dueAt } = change.subscription;
      const term = currentTerm(change.terms, change.now);
      if (dueMove !== 'begin_term' || dueAt === null || dueAt > change.now || term === null) return Promise.resolve();
      change.move('begin_next_term');
      const { number, startsAt, endsAt } = term;
      const runs = `paid term ${number}, bought early, runs from ${startsAt.toISOString()} to ${endsAt.toISOString()}`;
      change.record('subscription.renewed', '3.3.1', runs, { termNumber: number, startsAt, endsAt });
      return Promise.resolve();
    });
  }
}
