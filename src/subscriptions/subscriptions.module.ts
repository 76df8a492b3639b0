/**
 * Owns: subscriptions, terms, mandates and the timeline; the one way a subscription changes.
 * Does not own: charges and refunds, nor when anything should happen.
 * Always true: locked before it is read to decide; one live subscription per user and market; ends are final.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MarketsModule } from '../markets/markets.module.js';
import { ChangeSubscription } from './change-subscription.js';
import { MandateStore } from './mandate.store.js';
import { ShowSubscription } from './show-subscription.js';
import { MandateEntity, SubscriptionEntity, TermEntity, TimelineEntity } from './subscription.entity.js';
import { SubscriptionStore } from './subscription.store.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { TimelineStore } from './timeline.store.js';

@Module({
  imports: [TypeOrmModule.forFeature([SubscriptionEntity, TermEntity, MandateEntity, TimelineEntity]), MarketsModule],
  controllers: [SubscriptionsController],
  providers: [SubscriptionStore, MandateStore, TimelineStore, ChangeSubscription, ShowSubscription],
  exports: [SubscriptionStore, MandateStore, ChangeSubscription, ShowSubscription],
})
export class SubscriptionsModule {}
