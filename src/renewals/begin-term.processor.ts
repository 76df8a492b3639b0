/**
 * The duty of terms bought early that begin: nothing is charged, the timeline says so (3.3.1). A chargeback of the term
 * before does not reach into one that is paid.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { currentTerm } from '../domain/due.js';
import { Suspension } from '../payments/suspension.js';
import { DutyRunner } from '../platform/duty-runner.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class BeginTermProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly subscriptions: SubscriptionStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly suspension: Suspension,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'begin_term',
      claim: (max) => this.subscriptions.claimDue('begin_term', max),
      perform: (id) => this.begin(id),
    });
  }

  private async begin(id: string): Promise<void> {
    await this.changeSubscription.run(id, 'scheduler', async (change) => {
      const { dueMove, dueAt } = change.subscription;
      const term = currentTerm(change.terms, change.now);
      if (dueMove !== 'begin_term' || dueAt === null || dueAt > change.now || term === null) return;
      change.move('begin_next_term');
      const { number, startsAt, endsAt } = term;
      const runs = `paid term ${number}, bought early, runs from ${startsAt.toISOString()} to ${endsAt.toISOString()}`;
      change.record('subscription.renewed', '3.3.1', runs, { termNumber: number, startsAt, endsAt });
      await this.endSuspension(change);
    });
  }

  private async endSuspension(change: Change): Promise<void> {
    if (change.subscription.suspendedFor !== 'chargeback' || (await this.suspension.isHeldByBank(change))) return;
    await this.suspension.lift(change, { givesBack: false, reopens: false });
    const words = 'benefits are on: the term that was charged back is over, this one is paid';
    change.record('subscription.reinstated', '3.3.1', words);
  }
}
