/** Where the storefront buys the next term early, and withdraws that. */
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Refusal } from '../domain/refusal.js';
import { RequestStore } from '../gateway/request.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { IdParam } from '../platform/http/params.dto.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { RefundStore } from '../refunds/refund.store.js';
import { viewRefund } from '../refunds/refund.view.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { BuyNextTerm } from './buy-next-term.js';
import { CancelNextTerm } from './cancel-next-term.js';
import { EarlyRenewalCancellationView } from './early-renewal.dto.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/early-renewal')
export class EarlyRenewalsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly buyNextTerm: BuyNextTerm,
    private readonly cancelNextTerm: CancelNextTerm,
    private readonly requests: RequestStore,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /**
   * Buys the next term now. 409 `not_allowed_in_state`, `next_term_already_bought`, `payment_in_progress`; then,
   * decided by the gateway, 402 `payment_declined`.
   */
  @WaitRoute()
  @Post()
  @KeyedRoute()
  buy(
    @Param() { id }: IdParam,
    @Body() _body: NoBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<SubscriptionView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.buyNextTerm.buy(id, bind),
      answer: async (chargeId) => {
        await this.requests.waitUntilDecided(id, waitMs);
        if ((await this.charges.get(chargeId)).status === 'failed') {
          throw new Refusal('payment_declined', 'The payment was declined; the running term is not touched.', '3.3.1');
        }
        return this.showSubscription.show(id);
      },
    });
  }

  /** Takes the early renewal back for a full refund, until its term starts. 409 `not_allowed_in_state`. */
  @WaitRoute()
  @Post('cancellation')
  @KeyedRoute()
  @HttpCode(200)
  cancel(
    @Param() { id }: IdParam,
    @Body() _body: NoBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<EarlyRenewalCancellationView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.cancelNextTerm.cancel(id, bind),
      answer: async (chargeId) => {
        await this.requests.waitUntilDecided(id, waitMs);
        const refunds = (await this.refunds.inFull(chargeId)).map(viewRefund);
        return { subscription: await this.showSubscription.show(id), refunds };
      },
    });
  }
}
