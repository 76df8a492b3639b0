/** The list of refunds as a file. */
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RequireScope } from '../platform/access.js';
import { CsvAnswers, CsvRoute } from '../platform/csv.js';
import { REFUND_COLUMNS, RefundsReport } from './refunds-report.js';
import { RefundsFilter } from './report.dto.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/refunds.csv')
export class RefundsFileController {
  constructor(
    private readonly refunds: RefundsReport,
    private readonly csv: CsvAnswers,
  ) {}

  /** Every refund, newest first, with basis, clause and calculation. */
  @Get()
  @CsvRoute()
  get(@Query() query: RefundsFilter, @Res() response: Response): Promise<void> {
    const rows = (gone: AbortSignal): AsyncGenerator<object[]> => this.refunds.lines(query, gone);
    return this.csv.send(response, { name: 'refunds', columns: REFUND_COLUMNS, rows });
  }
}
