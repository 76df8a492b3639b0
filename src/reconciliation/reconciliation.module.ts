/**
 * Owns: the gateway's settlements, their comparison with our charges and refunds, the breaks and who closed them.
 * Does not own: charges and refunds (it never changes one: what the gateway settled and we do not know is asked for through
 * the one door), nor the ledger it posts to.
 * Always true: a file is loaded whole or not at all, and once; a settlement is booked once, and only when none of its
 * breaks is open; giving a break up takes two people.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CasesModule } from '../cases/cases.module.js';
import { ChargebacksModule } from '../chargebacks/chargebacks.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { RefundsModule } from '../refunds/refunds.module.js';
import { AskElsewhere } from './ask-elsewhere.js';
import { BookSettlement } from './book-settlement.js';
import { BreakEntity, BreakResolutionEntity } from './break.entity.js';
import { BreakStore } from './break.store.js';
import { BreaksController } from './breaks.controller.js';
import { LoadSettlement } from './load-settlement.js';
import { MatchSettlement } from './match-settlement.js';
import { PullSettlement } from './pull-settlement.js';
import { ReconciliationProcessor } from './reconciliation.processor.js';
import { ResolveBreak } from './resolve-break.js';
import { SettlementEntity } from './settlement.entity.js';
import { SettlementStore } from './settlement.store.js';
import { SettlementsController } from './settlements.controller.js';

@Module({
  imports: [
    ChargebacksModule,
    GatewayModule,
    TypeOrmModule.forFeature([SettlementEntity, BreakEntity, BreakResolutionEntity]),
    CasesModule,
    LedgerModule,
    RefundsModule,
  ],
  controllers: [SettlementsController, BreaksController],
  providers: [
    AskElsewhere,
    BookSettlement,
    BreakStore,
    LoadSettlement,
    MatchSettlement,
    PullSettlement,
    ReconciliationProcessor,
    ResolveBreak,
    SettlementStore,
  ],
})
export class ReconciliationModule {}
