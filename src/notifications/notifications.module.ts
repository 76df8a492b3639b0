/**
 * Owns: the outbox, the way of an event to the webhook and of a notice to the mail relay, each try, and the dead letters.
 * Does not own: which facts are events (the rooms say), nor what the receiver does with one.
 * Always true: at least once per endpoint; the id never changes; no transaction is open during the call; order is not
 * promised.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliverEvent } from './deliver-event.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveryEntity, OutboxEventEntity } from './delivery.entity.js';
import { DeliveryStore } from './delivery.store.js';
import { NotificationsProcessor } from './notifications.processor.js';
import { Outbox } from './outbox.js';
import { SendMail } from './send-mail.js';
import { SendWebhook } from './send-webhook.js';

@Module({
  imports: [TypeOrmModule.forFeature([OutboxEventEntity, DeliveryEntity])],
  controllers: [DeliveriesController],
  providers: [DeliverEvent, DeliveryStore, NotificationsProcessor, Outbox, SendMail, SendWebhook],
  exports: [Outbox],
})
export class NotificationsModule {}
