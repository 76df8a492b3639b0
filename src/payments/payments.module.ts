/**
 * Owns: charges: opened, settled, applied to a term; what happens to one that is overdue; payment methods and trials that
 * wait for one.
 * Does not own: when a term is charged (flows), the way to the gateway, the subscription's record, refunds.
 * Always true: one charge per term; at most one undecided charge per subscription; a new attempt only after a definitive no.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ApplyPayment } from './apply-payment.js';
import { ChargeRequests } from './charge-requests.js';
import { ChargeEntity } from './charge.entity.js';
import { ChargeStore } from './charge.store.js';
import { OpenCharge } from './open-charge.js';
import { OpenFirstPayment } from './open-first-payment.js';
import { OverdueProcessor } from './overdue.processor.js';
import { PaymentsController } from './payments.controller.js';
import { ReplacePaymentMethod } from './replace-payment-method.js';
import { SettleCharge } from './settle-charge.js';
import { StartTrial } from './start-trial.js';
import { ValidationRequests } from './validation-requests.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([ChargeEntity]),
    CasesModule,
    GatewayModule,
    LedgerModule,
    MarketsModule,
    SubscriptionsModule,
  ],
  controllers: [PaymentsController],
  providers: [
    ChargeRequests,
    ChargeStore,
    OpenCharge,
    OpenFirstPayment,
    OverdueProcessor,
    ReplacePaymentMethod,
    ApplyPayment,
    SettleCharge,
    StartTrial,
    ValidationRequests,
  ],
  exports: [ChargeRequests, ChargeStore, OpenCharge, OpenFirstPayment],
})
export class PaymentsModule {}
