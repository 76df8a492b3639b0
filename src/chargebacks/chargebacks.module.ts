/**
 * Owns: what members dispute with their banks, and what follows from it: benefits and auto-renewal stop, the ledger, a case.
 * Does not own: the charge and its refunds, the suspension itself, who is right.
 * Always true: the gateway is asked, an event is never believed; each dispute opens once and closes once; what a bank holds
 * or has taken is never returned a second time by us.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { RefundsModule } from '../refunds/refunds.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { AskDispute } from './ask-dispute.js';
import { ChargebackEntity } from './chargeback.entity.js';
import { ChargebackStore } from './chargeback.store.js';
import { ChargebacksController } from './chargebacks.controller.js';
import { ChargebacksProcessor } from './chargebacks.processor.js';
import { CloseChargeback } from './close-chargeback.js';
import { HoldService } from './hold-service.js';
import { InquiryEntity, InquiryStore } from './inquiry.store.js';
import { OpenChargeback } from './open-chargeback.js';
import { SettleDispute } from './settle-dispute.js';
import { SettleWaitingRefunds } from './settle-waiting-refunds.js';
import { WarnOfFraud } from './warn-of-fraud.js';

@Module({
  imports: [
    MembershipsModule,
    GatewayModule,
    TypeOrmModule.forFeature([ChargebackEntity, InquiryEntity]),
    CasesModule,
    LedgerModule,
    PaymentsModule,
    RefundsModule,
    SubscriptionsModule,
  ],
  controllers: [ChargebacksController],
  providers: [
    AskDispute,
    ChargebackStore,
    ChargebacksProcessor,
    CloseChargeback,
    HoldService,
    InquiryStore,
    OpenChargeback,
    SettleDispute,
    SettleWaitingRefunds,
    WarnOfFraud,
  ],
  exports: [AskDispute],
})
export class ChargebacksModule {}
