/** Every room of the service. The API and the workers run the same rooms; the entry decides what it starts. */
import { Module, type DynamicModule } from '@nestjs/common';
import { AddOnsModule } from './add-ons/add-ons.module.js';
import { AgreementsModule } from './agreements/agreements.module.js';
import { BenefitsModule } from './benefits/benefits.module.js';
import { CancellationsModule } from './cancellations/cancellations.module.js';
import { CasesModule } from './cases/cases.module.js';
import { ChargebacksModule } from './chargebacks/chargebacks.module.js';
import { CompaniesModule } from './companies/companies.module.js';
import { DiscontinuationModule } from './discontinuation/discontinuation.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { InvoicesModule } from './invoices/invoices.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { MarketsModule } from './markets/markets.module.js';
import { MembersModule } from './members/members.module.js';
import { MembershipsModule } from './memberships/memberships.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import type { Config } from './platform/config.js';
import { PlatformModule } from './platform/platform.module.js';
import { ReconciliationModule } from './reconciliation/reconciliation.module.js';
import { RefundsModule } from './refunds/refunds.module.js';
import { RenewalsModule } from './renewals/renewals.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { SanctionsModule } from './sanctions/sanctions.module.js';
import { SignupsModule } from './signups/signups.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { TransfersModule } from './transfers/transfers.module.js';
import { TrialsModule } from './trials/trials.module.js';

const ROOMS = [
  MarketsModule,
  AgreementsModule,
  CompaniesModule,
  MembersModule,
  NotificationsModule,
  SubscriptionsModule,
  CasesModule,
  LedgerModule,
  GatewayModule,
  BenefitsModule,
  PaymentsModule,
  MembershipsModule,
  SignupsModule,
  RefundsModule,
  AddOnsModule,
  TrialsModule,
  RenewalsModule,
  CancellationsModule,
  ChargebacksModule,
  SanctionsModule,
  TransfersModule,
  DiscontinuationModule,
  InvoicesModule,
  ReconciliationModule,
  ReportsModule,
];

@Module({})
export class AppModule {
  static with(config: Config): DynamicModule {
    return { module: AppModule, imports: [PlatformModule.with(config), ...ROOMS] };
  }
}
