/**
 * Owns: charges, gateway requests and events; the one way to the gateway and the one door for its outcomes; how a
 * suspension, which stops charges, begins and is lifted; how one membership follows its company to another.
 * Does not own: when a term is charged (flows), the subscription's record, refunds.
 * Always true: intent before the gateway; no transaction open while it is called; unknown is asked for, never repeated
 * blindly; at most one undecided charge per subscription.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { EntitiesModule } from '../entities/entities.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ApplyEvent } from './apply-event.js';
import { ChargeEntity } from './charge.entity.js';
import { ChargeRequests } from './charge-requests.js';
import { ChargeStore } from './charge.store.js';
import { ConcludeTerm } from './conclude-term.js';
import { EventHandlers } from './event-handlers.js';
import { GatewayCustomers } from './gateway-customers.js';
import { GatewayCustomerEntity, GatewayEventEntity, GatewayRequestEntity } from './gateway-request.entity.js';
import { HandOver } from './hand-over.js';
import { OpenCharge } from './open-charge.js';
import { OpenFirstPayment } from './open-first-payment.js';
import { OverdueProcessor } from './overdue.processor.js';
import { PaymentsController } from './payments.controller.js';
import { ReplacePaymentMethod } from './replace-payment-method.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';
import { RequestsProcessor } from './requests.processor.js';
import { SandboxClock } from './sandbox-clock.js';
import { ServeCapture } from './serve-capture.js';
import { SettleCharge } from './settle-charge.js';
import { SettleRequest } from './settle-request.js';
import { StartTrial } from './start-trial.js';
import { StripeGateway } from './stripe-gateway.js';
import { SubmitRequest } from './submit-request.js';
import { Suspension } from './suspension.js';
import { ValidationRequests } from './validation-requests.js';
import { WeighNotices } from './weigh-notices.js';
import { WebhooksController } from './webhooks.controller.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([ChargeEntity, GatewayRequestEntity, GatewayCustomerEntity, GatewayEventEntity]),
    CasesModule,
    EntitiesModule,
    LedgerModule,
    MarketsModule,
    SubscriptionsModule,
  ],
  controllers: [PaymentsController, WebhooksController],
  providers: [
    ApplyEvent,
    ChargeRequests,
    ChargeStore,
    ConcludeTerm,
    EventHandlers,
    GatewayCustomers,
    HandOver,
    OpenCharge,
    OpenFirstPayment,
    OverdueProcessor,
    ReplacePaymentMethod,
    RequestKinds,
    RequestStore,
    RequestsProcessor,
    SandboxClock,
    ServeCapture,
    SettleCharge,
    SettleRequest,
    StartTrial,
    StripeGateway,
    SubmitRequest,
    Suspension,
    ValidationRequests,
    WeighNotices,
  ],
  exports: [
    ApplyEvent,
    OpenCharge,
    ChargeRequests,
    ChargeStore,
    ConcludeTerm,
    EventHandlers,
    HandOver,
    OpenFirstPayment,
    RequestKinds,
    RequestStore,
    StripeGateway,
    Suspension,
  ],
})
export class PaymentsModule {}
