/** What the storefront can see and do about payments: charges, another payment method, paying an overdue fee now. */
import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Charge } from '../domain/charge.js';
import { RequestStore } from '../gateway/request.store.js';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { ChargeStore } from './charge.store.js';
import { ChargeView, viewCharge } from './charge.view.js';
import { OpenCharge } from './open-charge.js';
import { PaymentMethodBody } from './payment-method.dto.js';
import { ReplacePaymentMethod } from './replace-payment-method.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id')
export class PaymentsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly changeSubscription: ChangeSubscription,
    private readonly showSubscription: ShowSubscription,
    private readonly subscriptions: SubscriptionStore,
    private readonly charges: ChargeStore,
    private readonly requests: RequestStore,
    private readonly openCharge: OpenCharge,
    private readonly replacePaymentMethod: ReplacePaymentMethod,
  ) {}

  /** Every charge with its attempts, newest first. */
  @Get('charges')
  @ApiPage(ChargeView)
  async list(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<ChargeView>> {
    await this.subscriptions.get(id);
    const page = pageOf(await this.charges.list(id, query), query, (charge) => charge);
    const attempts = await this.requests.attemptsOf(page.data.map((charge) => charge.id));
    const view = (charge: Charge): ChargeView =>
      viewCharge(
        charge,
        attempts.filter(({ subjectId }) => subjectId === charge.id),
      );
    return { data: page.data.map(view), nextCursor: page.nextCursor };
  }

  /** Replaces the payment method; in `past_due` the payment is retried at once. 402 `payment_method_rejected`. */
  @WaitRoute()
  @Put('payment-method')
  async replace(
    @Param() { id }: IdParam,
    @Body() body: PaymentMethodBody,
    @WaitMs() waitMs: number,
  ): Promise<SubscriptionView> {
    await this.replacePaymentMethod.replace(id, body.paymentMethod, waitMs);
    return this.showSubscription.show(id);
  }

  /** Tries the overdue payment again now. 409 `not_allowed_in_state`, `payment_in_progress`, 422 `market_not_open`. */
  @WaitRoute()
  @Post('payment-retries')
  @KeyedRoute()
  @HttpCode(200)
  retry(
    @Param() { id }: IdParam,
    @Body() _body: NoBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<SubscriptionView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) =>
        this.changeSubscription.change(id, 'member', async (change) => {
          await this.openCharge.retry(change);
          await bind(change.tx, id);
          return id;
        }),
      answer: async () => {
        await this.requests.waitUntilDecided(id, waitMs);
        return this.showSubscription.show(id);
      },
    });
  }
}
