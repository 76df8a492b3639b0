/** Where finance sees what members dispute with their banks. Nobody can decide a dispute here: the bank does. */
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { ApiPage, pageOf, type Page } from '../platform/http/page.js';
import { ChargebacksQuery } from './chargeback.dto.js';
import { ChargebackStore } from './chargeback.store.js';
import { ChargebackView, viewChargeback } from './chargeback.view.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/chargebacks')
export class ChargebacksController {
  constructor(private readonly chargebacks: ChargebackStore) {}

  /** Chargebacks of all memberships, newest first. */
  @Get()
  @ApiPage(ChargebackView)
  async list(@Query() query: ChargebacksQuery): Promise<Page<ChargebackView>> {
    return pageOf(await this.chargebacks.list(query.status, query), query, viewChargeback);
  }
}
