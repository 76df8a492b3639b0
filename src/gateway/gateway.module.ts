/**
 * Owns: requests to the payment gateway, its events, the customers it knows users by; the one way to it and the one
 * handler of its outcomes. `stripe/` sends and reads Stripe's objects; its names of events are also known to `apply-event.ts`.
 * Does not own: what a charge, a validation or a refund means: each kind registers from its own room.
 * Always true: intent before the gateway; no transaction is open while it is called; an unknown outcome is asked for,
 * never repeated blindly.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ApplyEvent } from './apply-event.js';
import { EventHandlers } from './event-handlers.js';
import { GatewayCustomers } from './gateway-customers.js';
import { GatewayCustomerEntity, GatewayEventEntity, GatewayRequestEntity } from './gateway-request.entity.js';
import { HandleOutcome } from './handle-outcome.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';
import { RequestsProcessor } from './requests.processor.js';
import { SandboxClock } from './sandbox-clock.js';
import { StripeGateway } from './stripe/stripe-gateway.js';
import { SubmitRequest } from './submit-request.js';
import { WebhooksController } from './webhooks.controller.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([GatewayRequestEntity, GatewayCustomerEntity, GatewayEventEntity]),
    CasesModule,
    SubscriptionsModule,
  ],
  controllers: [WebhooksController],
  providers: [
    ApplyEvent,
    EventHandlers,
    GatewayCustomers,
    RequestKinds,
    RequestStore,
    RequestsProcessor,
    SandboxClock,
    HandleOutcome,
    StripeGateway,
    SubmitRequest,
  ],
  exports: [EventHandlers, GatewayCustomers, RequestKinds, RequestStore, StripeGateway],
})
export class GatewayModule {}
