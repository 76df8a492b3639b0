/**
 * Owns: when a paid term renews, and the member's choice against it.
 * Does not own: the charge, nor the term it starts.
 * Always true: never charged before the term's end, nor after auto-renewal was turned off (3.3.1).
 */
import { Module } from '@nestjs/common';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { RenewTermProcessor } from './renew-term.processor.js';
import { RenewalsController } from './renewals.controller.js';
import { SwitchAutoRenewal } from './switch-auto-renewal.js';

@Module({
  imports: [PaymentsModule, SubscriptionsModule],
  controllers: [RenewalsController],
  providers: [RenewTermProcessor, SwitchAutoRenewal],
})
export class RenewalsModule {}
