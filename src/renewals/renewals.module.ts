/**
 * Owns: when a paid term renews, the member's choice against it, and the next term bought early.
 * Does not own: the charge, nor the term it starts.
 * Always true: never charged before the term's end, nor after auto-renewal was turned off (3.3.1).
 */
import { Module } from '@nestjs/common';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { RefundsModule } from '../refunds/refunds.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { BeginTermProcessor } from './begin-term.processor.js';
import { BuyNextTerm } from './buy-next-term.js';
import { CancelNextTerm } from './cancel-next-term.js';
import { EarlyRenewalsController } from './early-renewals.controller.js';
import { RenewTermProcessor } from './renew-term.processor.js';
import { RenewalsController } from './renewals.controller.js';
import { SwitchAutoRenewal } from './switch-auto-renewal.js';

@Module({
  imports: [
    MembershipsModule,
    GatewayModule,
    LedgerModule,
    MarketsModule,
    PaymentsModule,
    RefundsModule,
    SubscriptionsModule,
  ],
  controllers: [RenewalsController, EarlyRenewalsController],
  providers: [BeginTermProcessor, BuyNextTerm, CancelNextTerm, RenewTermProcessor, SwitchAutoRenewal],
})
export class RenewalsModule {}
