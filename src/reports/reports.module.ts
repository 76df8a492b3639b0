/**
 * Owns: what finance is told of the books and the members, and the checks of the books.
 * Does not own: any table; it reads those of the other rooms.
 * Always true: it writes nothing; every figure of one report is as of one instant.
 */
import { Module } from '@nestjs/common';
import { DeferredRevenue } from './deferred-revenue.js';
import { Membership } from './membership.js';
import { RefundsReport } from './refunds-report.js';
import { ReportsController } from './reports.controller.js';
import { Revenue } from './revenue.js';

@Module({
  controllers: [ReportsController],
  providers: [DeferredRevenue, Membership, RefundsReport, Revenue],
})
export class ReportsModule {}
