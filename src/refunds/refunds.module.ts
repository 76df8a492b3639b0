/**
 * Owns: refunds, their retries, and the return of money captured too late.
 * Does not own: how much goes back (the law says), nor when (cancellations and corrections say).
 * Always true: never more than was captured for the charge; one refund per cancellation and charge; never forgotten.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { Compensate } from './compensate.js';
import { CompensationsController } from './compensations.controller.js';
import { OpenRefund } from './open-refund.js';
import { RefundEntity } from './refund.entity.js';
import { RefundRequests } from './refund-requests.js';
import { RefundStore } from './refund.store.js';
import { RefundsController } from './refunds.controller.js';
import { RefundsProcessor } from './refunds.processor.js';

@Module({
  imports: [TypeOrmModule.forFeature([RefundEntity]), CasesModule, LedgerModule, PaymentsModule, SubscriptionsModule],
  controllers: [RefundsController, CompensationsController],
  providers: [Compensate, OpenRefund, RefundRequests, RefundStore, RefundsProcessor],
  exports: [OpenRefund, RefundStore],
})
export class RefundsModule {}
