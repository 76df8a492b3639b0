/** Where finance reads the books. */
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RequireScope } from '../platform/http/access.js';
import { CsvAnswers, CsvRoute } from '../platform/http/csv.js';
import { ApiPage, type Page } from '../platform/http/page.js';
import { EntriesQuery, EntriesFilter, EntryView, TrialBalanceQuery, TrialBalanceView } from './ledger.dto.js';
import { BALANCE_COLUMNS, ENTRY_COLUMNS, ShowLedger } from './show-ledger.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/ledger')
export class LedgerController {
  constructor(
    private readonly showLedger: ShowLedger,
    private readonly csv: CsvAnswers,
  ) {}

  /** The balance of every account at an instant, per contracting entity and currency; debit and credit are equal. */
  @Get('trial-balance')
  trialBalance(@Query() query: TrialBalanceQuery): Promise<TrialBalanceView> {
    return this.showLedger.trialBalance(query);
  }

  /** The same as a file: a line per account. */
  @Get('trial-balance.csv')
  @CsvRoute()
  async trialBalanceCsv(@Query() query: TrialBalanceQuery, @Res() response: Response): Promise<void> {
    const lines = await this.showLedger.balanceLines(query);
    await this.csv.send(response, { name: 'trial-balance', columns: BALANCE_COLUMNS, rows: () => [lines] });
  }

  /** What was posted, newest first, each entry with its fact and clause. */
  @Get('entries')
  @ApiPage(EntryView)
  entries(@Query() query: EntriesQuery): Promise<Page<EntryView>> {
    return this.showLedger.entries(query);
  }

  /** All of it as a file, newest first. */
  @Get('entries.csv')
  @CsvRoute()
  entriesCsv(@Query() query: EntriesFilter, @Res() response: Response): Promise<void> {
    const rows = (gone: AbortSignal): AsyncGenerator<object[]> => this.showLedger.allEntries(query, gone);
    return this.csv.send(response, { name: 'ledger-entries', columns: ENTRY_COLUMNS, rows });
  }
}
