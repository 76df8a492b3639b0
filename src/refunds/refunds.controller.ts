/** What the storefront can see of refunds. Nobody can ask for one here: cancellations make them. */
import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/access.js';
import type { Page } from '../platform/page.js';
import { IdParam } from '../platform/params.dto.js';
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
  async list(@Param() { id }: IdParam): Promise<Page<RefundView>> {
    await this.subscriptions.get(id);
    const refunds = await this.refunds.list({ subscriptionId: id });
    return { data: refunds.map(viewRefund), nextCursor: null };
  }
}
