/** Where finance loads the gateway's settlement files and sees what became of each. */
import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { RequireScope, Subject } from '../platform/http/access.js';
import { AtMost } from '../platform/http/at-most.js';
import { ApiPage, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { readUpload } from '../platform/http/upload.js';
import { BreakStore } from './break.store.js';
import { BreakView } from './break.view.js';
import { FILE_FORMATS } from './formats.js';
import { LoadSettlement } from './load-settlement.js';
import { BreaksQuery, GatewayQuery, SettlementsQuery } from './reconciliation.dto.js';
import { SettlementStore } from './settlement.store.js';
import { LoadedView, SettlementView, viewSettlement } from './settlement.view.js';

const FILE_BYTES_MAX = 2 ** 30;

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/settlements')
export class SettlementsController {
  private readonly uploads = new AtMost(4, 'too_many_uploads', 'files are being uploaded');

  constructor(
    private readonly loadSettlement: LoadSettlement,
    private readonly settlementStore: SettlementStore,
    private readonly breaks: BreakStore,
  ) {}

  /**
   * Loads a gateway's settlement file of up to 1 GiB as it streams in; a worker then compares it. A file with a line that
   * cannot be read is `rejected` whole. 409 `settlement_already_loaded` for the same file again, 429
   * `too_many_uploads` while four are being loaded by this process.
   */
  @Post()
  @HttpCode(202)
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
  })
  async receive(
    @Query() { gateway }: GatewayQuery,
    @Req() request: Request,
    @Subject() loadedBy: string,
  ): Promise<LoadedView> {
    return this.uploads.run(async () => {
      const stream = await readUpload(request, 'file', FILE_BYTES_MAX);
      return { id: await this.loadSettlement.load({ gateway, format: FILE_FORMATS[gateway], loadedBy, stream }) };
    });
  }

  /** All settlements, newest first. */
  @Get()
  @ApiPage(SettlementView)
  async list(@Query() query: SettlementsQuery): Promise<Page<SettlementView>> {
    return pageOf(await this.settlementStore.list(query), query, viewSettlement);
  }

  /** How far a settlement is, and what was found. */
  @Get(':id')
  async show(@Param() { id }: IdParam): Promise<SettlementView> {
    return viewSettlement(await this.settlementStore.get(id));
  }

  /** Its breaks, the last line's first. */
  @Get(':id/breaks')
  @ApiPage(BreakView)
  async breaksOf(@Param() { id: settlementId }: IdParam, @Query() query: BreaksQuery): Promise<Page<BreakView>> {
    await this.settlementStore.get(settlementId);
    return this.breaks.list(query, settlementId);
  }
}
