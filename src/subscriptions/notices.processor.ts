/** The jobs of telling members: what was planned and is due now, and prices that change what was told. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { ChangeSubscription } from './change-subscription.js';
import { KeepNotices } from './keep-notices.js';
import { NoticeStore } from './notice.store.js';
import { PriceAnnouncements } from './price-announcements.js';
import { SubscriptionJobs } from './subscription-jobs.js';

/** Published after another one, and its news was not carried round yet. */
const UNANNOUNCED = `announced_at is null and exists (
  select from prices q where q.country = prices.country and q.effective_from < prices.effective_from)`;

@Injectable()
export class NoticesProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly subscriptionJobs: SubscriptionJobs,
    private readonly changeSubscription: ChangeSubscription,
    private readonly notices: NoticeStore,
    private readonly keepNotices: KeepNotices,
    private readonly announcements: PriceAnnouncements,
  ) {}

  onModuleInit(): void {
    this.subscriptionJobs.register(
      { name: 'give_notice', table: 'notices', where: `status = 'planned'`, dueAt: 'due_at' },
      (change) => this.keepNotices.giveDue(change),
      (id) => this.notices.subscriptionOf(id),
    );
    this.jobs.register({
      name: 'announce_price',
      table: 'prices',
      where: UNANNOUNCED,
      perform: (id) => this.announcements.announce(id, (subscriptionId) => this.announce(subscriptionId)),
    });
  }

  private announce(subscriptionId: string): Promise<void> {
    return this.changeSubscription.change(subscriptionId, 'scheduler', (change) =>
      this.keepNotices.announcePrice(change),
    );
  }
}
