/**
 * Owns: what every flow does to a membership: conclude its term, suspend it and give its lost days back, prove that a
 * notice was given, let the contract pass to another company (novation).
 * Does not own: when any of it happens (flows), charges, the subscription's record.
 * Always true: it works on a locked subscription and keeps no table of its own.
 */
import { Module } from '@nestjs/common';
import { CasesModule } from '../cases/cases.module.js';
import { CompaniesModule } from '../companies/companies.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { MarketsModule } from '../markets/markets.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ConcludeTerm } from './conclude-term.js';
import { NoticeProof } from './notice-proof.js';
import { Novation } from './novation.js';
import { Suspension } from './suspension.js';

@Module({
  imports: [CasesModule, CompaniesModule, LedgerModule, MarketsModule, PaymentsModule, SubscriptionsModule],
  providers: [ConcludeTerm, Novation, Suspension, NoticeProof],
  exports: [ConcludeTerm, Novation, Suspension],
})
export class MembershipsModule {}
