/**
 * Owns: how a membership begins: the offer, who is admitted, subscribing, being given a temporary one.
 * Does not own: the subscription's record, nor whether its first payment succeeds.
 * Always true: nobody joins without good standing, nor pays without the agreement in force and an explicit authorization
 * (3.1.1, 3.2.1).
 */
import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/agreements.module.js';
import { CompaniesModule } from '../companies/companies.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { MembersModule } from '../members/members.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { Admission } from './admission.js';
import { GrantTemporaryMembership } from './grant-temporary-membership.js';
import { ShowOffer } from './show-offer.js';
import { SignupsController } from './signups.controller.js';
import { Subscribe } from './subscribe.js';
import { TemporaryMembershipsController } from './temporary-memberships.controller.js';

@Module({
  imports: [
    GatewayModule,
    AgreementsModule,
    CompaniesModule,
    MarketsModule,
    MembersModule,
    PaymentsModule,
    SubscriptionsModule,
  ],
  controllers: [SignupsController, TemporaryMembershipsController],
  providers: [Admission, GrantTemporaryMembership, ShowOffer, Subscribe],
})
export class SignupsModule {}
