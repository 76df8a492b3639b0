/**
 * Owns: the answer whether benefits are on, the record of what was used, which benefits risk has frozen, and what
 * members answered to value-added services.
 * Does not own: the terms and states it is derived from, the catalogue (markets), what a use costs (cancellations).
 * Always true: entitlement is derived at the instant asked for, never stored; one order uses one benefit once.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { AddOnChargeEntity, AddOnEntity } from './add-on.entity.js';
import { AddOnStore } from './add-on.store.js';
import { BenefitFreezeEntity } from './benefit-freeze.entity.js';
import { BenefitUseEntity } from './benefit-use.entity.js';
import { BenefitUseStore } from './benefit-use.store.js';
import { BenefitUsesController } from './benefit-uses.controller.js';
import { BenefitsController } from './benefits.controller.js';
import { CheckEntitlement } from './check-entitlement.js';
import { DeriveEntitlement } from './derive-entitlement.js';
import { FreezeBenefit } from './freeze-benefit.js';
import { FreezesController } from './freezes.controller.js';
import { RecordBenefitUse } from './record-benefit-use.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([AddOnEntity, AddOnChargeEntity, BenefitUseEntity, BenefitFreezeEntity]),
    LedgerModule,
    MarketsModule,
    SubscriptionsModule,
  ],
  controllers: [BenefitsController, BenefitUsesController, FreezesController],
  providers: [AddOnStore, BenefitUseStore, CheckEntitlement, DeriveEntitlement, FreezeBenefit, RecordBenefitUse],
  exports: [AddOnStore, BenefitUseStore, DeriveEntitlement],
})
export class BenefitsModule {}
