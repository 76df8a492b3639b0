/** What the storefront can see of refunds. Nobody can ask for one here: cancellations make them. */
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { RefundStore } from './refund.store.js';
import { RefundView, viewRefund } from './refund.view.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/refunds')
export class RefundsController {
  constructor(
    private readonly subscriptions: SubscriptionStore,
    private readonly refunds: RefundStore,
  ) {}

  /** Refunds of a subscription with basis, clause and calculation, newest first. */
  @Get()
  @ApiPage(RefundView)
  async list(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<RefundView>> {
    await this.subscriptions.get(id);
    return pageOf(await this.refunds.list(id, query), query, viewRefund);
  }
}
