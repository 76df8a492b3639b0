/** Where finance reads the reports, each as JSON and as a file. */
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RequireScope } from '../platform/http/access.js';
import { CsvAnswers, CsvRoute } from '../platform/http/csv.js';
import { DEFERRED_REVENUE_COLUMNS, DeferredRevenue } from './deferred-revenue.js';
import { Membership, MEMBERSHIP_COLUMNS, membershipLines } from './membership.js';
import { REFUND_COLUMNS, RefundsReport } from './refunds-report.js';
import { MonthsQuery, PeriodQuery, RefundsPeriod, RefundsQuery } from './report.dto.js';
import { DeferredRevenueView, MembershipView, RefundsReportView, RevenueView } from './report.view.js';
import { Revenue, REVENUE_COLUMNS } from './revenue.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/reports')
export class ReportsController {
  constructor(
    private readonly deferredRevenue: DeferredRevenue,
    private readonly revenue: Revenue,
    private readonly refunds: RefundsReport,
    private readonly membership: Membership,
    private readonly csv: CsvAnswers,
  ) {}

  /** Deferred revenue rolled forward by month, company and currency; an open month shows what is posted so far. */
  @Get('deferred-revenue')
  getDeferredRevenue(@Query() query: MonthsQuery): Promise<DeferredRevenueView> {
    return this.deferredRevenue.report(query);
  }

  /** The same as a file. */
  @Get('deferred-revenue.csv')
  @CsvRoute()
  async getDeferredRevenueFile(@Query() query: MonthsQuery, @Res() response: Response): Promise<void> {
    const { rows } = await this.deferredRevenue.report(query);
    await this.send(response, 'deferred-revenue', DEFERRED_REVENUE_COLUMNS, rows);
  }

  /** Revenue net of tax by market, month and currency; an open month shows what is posted so far. */
  @Get('revenue')
  getRevenue(@Query() query: MonthsQuery): Promise<RevenueView> {
    return this.revenue.report(query);
  }

  /** The same as a file. */
  @Get('revenue.csv')
  @CsvRoute()
  async getRevenueFile(@Query() query: MonthsQuery, @Res() response: Response): Promise<void> {
    const { rows } = await this.revenue.report(query);
    await this.send(response, 'revenue', REVENUE_COLUMNS, rows);
  }

  /** Refunds decided in a period with basis, clause and the inputs of the formula, newest first, and their totals. */
  @Get('refunds')
  getRefunds(@Query() query: RefundsQuery): Promise<RefundsReportView> {
    return this.refunds.report(query);
  }

  /** Every refund of the period as a file. */
  @Get('refunds.csv')
  @CsvRoute()
  getRefundsFile(@Query() query: RefundsPeriod, @Res() response: Response): Promise<void> {
    const rows = (gone: AbortSignal): AsyncGenerator<object[]> => this.refunds.lines(query, gone);
    return this.csv.send(response, { name: 'refunds', columns: REFUND_COLUMNS, rows });
  }

  /** Members, trials, conversion, renewals, churn and monthly recurring revenue of a period, by market. */
  @Get('membership')
  getMembership(@Query() query: PeriodQuery): Promise<MembershipView> {
    return this.membership.report(query);
  }

  /** The same as a file. */
  @Get('membership.csv')
  @CsvRoute()
  async getMembershipFile(@Query() query: PeriodQuery, @Res() response: Response): Promise<void> {
    await this.send(response, 'membership', MEMBERSHIP_COLUMNS, membershipLines(await this.membership.report(query)));
  }

  private send(response: Response, name: string, columns: readonly string[], rows: object[]): Promise<void> {
    return this.csv.send(response, { name, columns, rows: () => [rows] });
  }
}
