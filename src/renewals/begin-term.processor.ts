/**
 * The job of terms bought early that begin: nothing is charged, the timeline says so (3.3.1). A chargeback of the term
 * before does not reach into one that is paid.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { currentTerm } from '../domain/due.js';
import { Suspension } from '../memberships/suspension.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionJobs } from '../subscriptions/subscription-jobs.js';

@Injectable()
export class BeginTermProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: SubscriptionJobs,
    private readonly suspension: Suspension,
  ) {}

  onModuleInit(): void {
    this.jobs.registerMove('begin_term', (change) => this.begin(change));
  }

  private async begin(change: Change): Promise<void> {
    const term = currentTerm(change.terms, change.now);
    if (term === null) return;
    change.move('begin_next_term');
    const { number, startsAt, endsAt } = term;
    const runs = `paid term ${number}, bought early, runs from ${startsAt.toISOString()} to ${endsAt.toISOString()}`;
    change.record('subscription.renewed', '3.3.1', runs, { termNumber: number, startsAt, endsAt });
    await this.endSuspension(change);
  }

  private async endSuspension(change: Change): Promise<void> {
    if (change.subscription.suspendedFor !== 'chargeback' || (await this.suspension.isHeldByBank(change))) return;
    await this.suspension.lift(change, { givesBack: false, reopens: false });
    const words = 'benefits are on: the term that was charged back is over, this one is paid';
    change.record('subscription.reinstated', '3.3.1', words);
  }
}
