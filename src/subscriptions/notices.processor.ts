/** The duties of telling members: what was planned and is due now, and prices that change what was told. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { ChangeSubscription } from './change-subscription.js';
import { KeepNotices } from './keep-notices.js';
import { NoticeStore } from './notice.store.js';
import { PriceAnnouncements } from './price-announcements.js';

@Injectable()
export class NoticesProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly changeSubscription: ChangeSubscription,
    private readonly notices: NoticeStore,
    private readonly keepNotices: KeepNotices,
    private readonly announcements: PriceAnnouncements,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'give_notice',
      claim: (max) => this.notices.claimDue(max),
      perform: async (id) => this.give(await this.notices.subscriptionOf(id)),
    });
    this.runner.register({
      name: 'announce_price',
      claim: (max) => this.announcements.claimDue(max),
      perform: (id) => this.announcements.run(id, (subscriptionId) => this.announce(subscriptionId)),
    });
  }

  private give(subscriptionId: string): Promise<void> {
    return this.changeSubscription.run(subscriptionId, 'scheduler', (change) => this.keepNotices.giveDue(change));
  }

  private announce(subscriptionId: string): Promise<void> {
    return this.changeSubscription.run(subscriptionId, 'scheduler', (change) => this.keepNotices.announcePrice(change));
  }
}
