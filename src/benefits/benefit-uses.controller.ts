/** Where the storefront records, on an order, that a benefit was used, and reads what was. */
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { BenefitUseStore } from './benefit-use.store.js';
import { BenefitUseBody, BenefitUseView, viewBenefitUse } from './benefit.dto.js';
import { RecordBenefitUse } from './record-benefit-use.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/benefit-uses')
export class BenefitUsesController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly subscriptions: SubscriptionStore,
    private readonly uses: BenefitUseStore,
    private readonly recordBenefitUse: RecordBenefitUse,
  ) {}

  /**
   * Records a use; the same order and benefit again is the same use. 422 for a currency that is not the market's;
   * 409 `benefit_use_differs`, `not_entitled`.
   */
  @Post()
  @KeyedRoute()
  record(
    @Param() { id }: IdParam,
    @Body() { benefit, orderId, value }: BenefitUseBody,
    @Keyed() keyed: KeyedRequest,
  ): Promise<BenefitUseView> {
    const { amount: amountMinor, currency } = value;
    const order = { subscriptionId: id, benefit, orderId, value: { amountMinor, currency } };
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.recordBenefitUse.record(order, bind),
      answer: async (useId) => viewBenefitUse(await this.uses.get(useId)),
    });
  }

  /** Every recorded use, newest first. */
  @Get()
  @ApiPage(BenefitUseView)
  async list(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<BenefitUseView>> {
    await this.subscriptions.get(id);
    return pageOf(await this.uses.list(id, query), query, viewBenefitUse);
  }
}
