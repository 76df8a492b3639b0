/**
 * Owns: subscriptions, terms, mandates, notices and the timeline; the one way a subscription changes.
 * Does not own: charges and refunds, nor when anything should happen.
 * Always true: locked before it is read to decide; one live subscription per user and market; ends are final.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MarketsModule } from '../markets/markets.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { ChangeSubscription } from './change-subscription.js';
import { ExpectedPrice } from './expected-price.js';
import { KeepNotices } from './keep-notices.js';
import { MandateStore } from './mandate.store.js';
import { NoticeEntity } from './notice.entity.js';
import { NoticeStore } from './notice.store.js';
import { NoticesController } from './notices.controller.js';
import { NoticesProcessor } from './notices.processor.js';
import { PriceAnnouncements } from './price-announcements.js';
import { RecordChange } from './record-change.js';
import { ShowSubscription } from './show-subscription.js';
import { SubscriptionJobs } from './subscription-jobs.js';
import { MandateEntity, SubscriptionEntity, TermEntity, TimelineEntity } from './subscription.entity.js';
import { SubscriptionStore } from './subscription.store.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { TellMany } from './tell-many.js';
import { TimelineStore } from './timeline.store.js';

@Module({
  imports: [
    NotificationsModule,
    TypeOrmModule.forFeature([SubscriptionEntity, TermEntity, MandateEntity, NoticeEntity, TimelineEntity]),
    MarketsModule,
  ],
  controllers: [NoticesController, SubscriptionsController],
  providers: [
    SubscriptionStore,
    MandateStore,
    TimelineStore,
    NoticeStore,
    ExpectedPrice,
    KeepNotices,
    RecordChange,
    PriceAnnouncements,
    NoticesProcessor,
    ChangeSubscription,
    ShowSubscription,
    SubscriptionJobs,
    TellMany,
  ],
  exports: [
    NoticeStore,
    SubscriptionStore,
    MandateStore,
    ChangeSubscription,
    ExpectedPrice,
    ShowSubscription,
    SubscriptionJobs,
    TellMany,
  ],
})
export class SubscriptionsModule {}
