/**
 * Owns: the end of a market: its announcement, what members are told of it, its approvals, its run and its figures.
 * Does not own: how one membership ends with what is due back (cancellations).
 * Always true: nothing ends without two approvals, nor before the date; each membership ends once and is refunded once.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CancellationsModule } from '../cancellations/cancellations.module.js';
import { CompaniesModule } from '../companies/companies.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { DiscontinuationController } from './discontinuation.controller.js';
import { DiscontinuationApprovalEntity, DiscontinuationEntity } from './discontinuation.entity.js';
import { PlanDiscontinuation } from './plan-discontinuation.js';
import { RunDiscontinuation } from './run-discontinuation.js';
import { ShowDiscontinuation } from './show-discontinuation.js';
import { TellMembers } from './tell-members.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([DiscontinuationEntity, DiscontinuationApprovalEntity]),
    CancellationsModule,
    CompaniesModule,
    GatewayModule,
    MarketsModule,
    SubscriptionsModule,
  ],
  controllers: [DiscontinuationController],
  providers: [PlanDiscontinuation, RunDiscontinuation, ShowDiscontinuation, TellMembers],
})
export class DiscontinuationModule {}
