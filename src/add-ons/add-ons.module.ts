/**
 * Owns: the member's yes or no to value-added services, and their charges as requests to the gateway.
 * Does not own: the offers (markets), the record of answers (benefits), their return with the membership (cancellations).
 * Always true: charged only after an explicit yes at the price in force, once; never part of a term (3.1.3).
 */
import { Module } from '@nestjs/common';
import { BenefitsModule } from '../benefits/benefits.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { RefundsModule } from '../refunds/refunds.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { AcceptAddOn } from './accept-add-on.js';
import { AddOnCharges } from './add-on-charges.js';
import { AddOnsController } from './add-ons.controller.js';
import { FindOffer } from './find-offer.js';
import { RefuseAddOn } from './refuse-add-on.js';
import { ShowAddOns } from './show-add-ons.js';
import { UnusableAddOns } from './unusable-add-ons.js';

@Module({
  imports: [
    GatewayModule,
    BenefitsModule,
    LedgerModule,
    MarketsModule,
    PaymentsModule,
    RefundsModule,
    SubscriptionsModule,
  ],
  controllers: [AddOnsController],
  providers: [AcceptAddOn, AddOnCharges, FindOffer, RefuseAddOn, ShowAddOns, UnusableAddOns],
})
export class AddOnsModule {}
