/**
 * Owns: cancellation quotes and cancellations.
 * Does not own: the formula (the law), the refund's way to the gateway (refunds).
 * Always true: a quote is paid exactly or refused; one cancellation makes at most one refund per charge (3.4).
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BenefitsModule } from '../benefits/benefits.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { RefundsModule } from '../refunds/refunds.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { AssessCancellation } from './assess-cancellation.js';
import { CancelSubscription } from './cancel-subscription.js';
import { CancellationEntity, CancellationQuoteEntity } from './cancellation.entity.js';
import { CancellationsController } from './cancellations.controller.js';
import { EndWithReturns } from './end-with-returns.js';
import { QuoteCancellation } from './quote-cancellation.js';

@Module({
  imports: [
    GatewayModule,
    TypeOrmModule.forFeature([CancellationEntity, CancellationQuoteEntity]),
    BenefitsModule,
    LedgerModule,
    MarketsModule,
    PaymentsModule,
    RefundsModule,
    SubscriptionsModule,
  ],
  controllers: [CancellationsController],
  providers: [AssessCancellation, CancelSubscription, EndWithReturns, QuoteCancellation],
  exports: [AssessCancellation, EndWithReturns],
})
export class CancellationsModule {}
