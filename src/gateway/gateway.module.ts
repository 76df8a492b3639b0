/**
 * Owns: requests to payment gateways, their notices, the customers they know users by, their outages, and what two people
 * decide of a request; the one way to a gateway and the one handler of its outcomes. Each gateway is an adapter in a folder of
 * its own, the only place that knows its words.
 * Does not own: what a charge, a validation or a refund means: each kind registers from its own room.
 * Always true: intent before the gateway; no transaction is open while it is called; one reference always asks the same; an
 * unknown outcome is asked for, never repeated blindly, and always has a way out.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { PaymentChannel } from '../markets/payment-channel.js';
import { MarketsModule } from '../markets/markets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ApplyEvent } from './apply-event.js';
import { ApproveDecision } from './approve-decision.js';
import { DecisionsController } from './decisions.controller.js';
import { EventHandlers } from './event-handlers.js';
import { GatewayCalls } from './gateway-calls.js';
import { GatewayCustomers } from './gateway-customers.js';
import { GatewayOutages } from './gateway-outages.js';
import {
  GatewayCustomerEntity,
  GatewayEventEntity,
  GatewayOutageEntity,
  GatewayRequestEntity,
} from './gateway-request.entity.js';
import { HandleOutcome } from './handle-outcome.js';
import { Gateways } from './payment-gateway.js';
import { PrepareRequest } from './prepare-request.js';
import { ProposeDecision } from './propose-decision.js';
import { RequestCases } from './request-cases.js';
import { RequestDecisionEntity } from './request-decision.entity.js';
import { RequestKinds } from './request-kind.js';
import { RequestStore } from './request.store.js';
import { RequestsProcessor } from './requests.processor.js';
import { SandboxClock } from './sandbox-clock.js';
import { StripeGateway } from './stripe/stripe-gateway.js';
import { SubmitRequest } from './submit-request.js';
import { WebhooksController } from './webhooks.controller.js';

/** Prices are checked against the channel that new members pay through, from the first market file on. */
const GATEWAYS = {
  provide: Gateways,
  inject: [StripeGateway, PaymentChannel],
  useFactory: (stripe: StripeGateway, channel: PaymentChannel): Gateways => {
    const gateways = new Gateways(stripe);
    channel.open({ refusesAmount: (money) => gateways.forNew.refusesAmount(money) });
    return gateways;
  },
};

@Module({
  imports: [
    TypeOrmModule.forFeature([
      GatewayRequestEntity,
      GatewayCustomerEntity,
      GatewayEventEntity,
      GatewayOutageEntity,
      RequestDecisionEntity,
    ]),
    CasesModule,
    MarketsModule,
    SubscriptionsModule,
  ],
  controllers: [DecisionsController, WebhooksController],
  providers: [
    GATEWAYS,
    ApplyEvent,
    ApproveDecision,
    EventHandlers,
    GatewayCalls,
    GatewayCustomers,
    GatewayOutages,
    HandleOutcome,
    PrepareRequest,
    ProposeDecision,
    RequestCases,
    RequestKinds,
    RequestStore,
    RequestsProcessor,
    SandboxClock,
    StripeGateway,
    SubmitRequest,
  ],
  exports: [EventHandlers, GatewayCalls, Gateways, HandleOutcome, RequestKinds, RequestStore],
})
export class GatewayModule {}
