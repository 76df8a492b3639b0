/**
 * Owns: suspensions, reinstatements and revocations, and their four eyes.
 * Does not own: the user's standing (members), the subscription's record.
 * Always true: a revocation needs two people and returns nothing; a mistaken finding gives the lost days back (6.1.2).
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MembersModule } from '../members/members.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { CorrectFinding } from './correct-finding.js';
import { Reinstate } from './reinstate.js';
import { RevocationEntity } from './revocation.entity.js';
import { Revoke } from './revoke.js';
import { SanctionsController } from './sanctions.controller.js';
import { Suspend } from './suspend.js';

@Module({
  imports: [
    MembershipsModule,
    GatewayModule,
    TypeOrmModule.forFeature([RevocationEntity]),
    LedgerModule,
    MembersModule,
    SubscriptionsModule,
  ],
  controllers: [SanctionsController],
  providers: [CorrectFinding, Reinstate, Revoke, Suspend],
})
export class SanctionsModule {}
