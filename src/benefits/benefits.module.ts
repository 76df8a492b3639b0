/**
 * Owns: the answer whether benefits are on.
 * Does not own: the terms and states it is derived from.
 * Always true: derived at the instant asked for, never stored.
 */
import { Module } from '@nestjs/common';
import { MarketsModule } from '../markets/markets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { BenefitsController } from './benefits.controller.js';
import { CheckEntitlement } from './check-entitlement.js';

@Module({
  imports: [MarketsModule, SubscriptionsModule],
  controllers: [BenefitsController],
  providers: [CheckEntitlement],
})
export class BenefitsModule {}
