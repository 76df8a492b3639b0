/**
 * Owns: refunds, their retries and deadlines, what finance decides about them, and the return of money captured
 * too late.
 * Does not own: how much goes back (the law says), nor when (cancellations and corrections say).
 * Always true: never more than was captured for the charge; one refund per cancellation and charge; never forgotten; paid
 * by hand only with four eyes, and never while the gateway has not decided.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { AdoptRefund } from './adopt-refund.js';
import { ApproveManualRefund } from './approve-manual-refund.js';
import { Compensate } from './compensate.js';
import { CompensationsController } from './compensations.controller.js';
import { GiveRefundReason } from './give-refund-reason.js';
import { ListRefunds } from './list-refunds.js';
import { LockUnpaidRefund } from './lock-unpaid-refund.js';
import { ManualRefundEntity } from './manual-refund.entity.js';
import { ManualRefundStore } from './manual-refund.store.js';
import { ManualRefundsController } from './manual-refunds.controller.js';
import { OpenRefund } from './open-refund.js';
import { ProposeManualRefund } from './propose-manual-refund.js';
import { RecordFoundRefund } from './record-found-refund.js';
import { RefundNotices } from './refund-notices.js';
import { RefundRequests } from './refund-requests.js';
import { RefundEntity } from './refund.entity.js';
import { RefundStore } from './refund.store.js';
import { RefundsController } from './refunds.controller.js';
import { RefundsProcessor } from './refunds.processor.js';
import { RetryRefund } from './retry-refund.js';
import { SettleRefund } from './settle-refund.js';

@Module({
  imports: [
    GatewayModule,
    TypeOrmModule.forFeature([RefundEntity, ManualRefundEntity]),
    CasesModule,
    LedgerModule,
    MarketsModule,
    PaymentsModule,
    SubscriptionsModule,
  ],
  controllers: [ManualRefundsController, RefundsController, CompensationsController],
  providers: [
    AdoptRefund,
    ApproveManualRefund,
    Compensate,
    GiveRefundReason,
    ListRefunds,
    LockUnpaidRefund,
    OpenRefund,
    ProposeManualRefund,
    ManualRefundStore,
    RecordFoundRefund,
    RefundNotices,
    RefundRequests,
    RefundStore,
    RefundsProcessor,
    RetryRefund,
    SettleRefund,
  ],
  exports: [OpenRefund, ManualRefundStore, RefundNotices, RefundStore, SettleRefund],
})
export class RefundsModule {}
