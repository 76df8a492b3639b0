/** Where the storefront shows value-added services to a member and hands over their yes or no. */
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Refusal } from '../domain/refusal.js';
import { RequestStore } from '../gateway/request.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { IdParam } from '../platform/http/params.dto.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { AcceptAddOn } from './accept-add-on.js';
import { AcceptanceBody, AddOnParam, AddOnsView, AddOnView, RefusalBody } from './add-on.dto.js';
import { RefuseAddOn } from './refuse-add-on.js';
import { ShowAddOns } from './show-add-ons.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/add-ons')
export class AddOnsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly showAddOns: ShowAddOns,
    private readonly acceptAddOn: AcceptAddOn,
    private readonly refuseAddOn: RefuseAddOn,
    private readonly charges: ChargeStore,
    private readonly requests: RequestStore,
  ) {}

  /** Every value-added service the market offers, with its price and what the member answered. */
  @Get()
  async list(@Param() { id }: IdParam): Promise<AddOnsView> {
    return { data: await this.showAddOns.show(id), nextCursor: null };
  }

  /**
   * Accepts and pays it once. 409 `not_entitled`, `not_allowed_in_state`, `payment_in_progress`, `price_changed`; then,
   * decided by the gateway, 402 `payment_declined`.
   */
  @WaitRoute()
  @Post(':code/acceptance')
  @KeyedRoute()
  accept(
    @Param() { id, code }: AddOnParam,
    @Body() { price }: AcceptanceBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<AddOnView> {
    const shown = { amountMinor: price.amount, currency: price.currency };
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.acceptAddOn.accept({ subscriptionId: id, code, price: shown }, bind),
      answer: async (chargeId) => {
        await this.requests.waitUntilDecided(id, waitMs);
        if ((await this.charges.get(chargeId)).status === 'failed') {
          throw new Refusal('payment_declined', 'The payment was declined; the membership is not touched.', '3.1.3');
        }
        return this.showAddOns.one(id, code);
      },
    });
  }

  /** Keeps the member's no; what was paid and never used goes back. 409 `not_allowed_in_state`, `payment_in_progress`. */
  @Post(':code/refusal')
  @KeyedRoute()
  @HttpCode(200)
  refuse(
    @Param() { id, code }: AddOnParam,
    @Body() _body: RefusalBody,
    @Keyed() keyed: KeyedRequest,
  ): Promise<AddOnView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.refuseAddOn.refuse(id, code, bind),
      answer: () => this.showAddOns.one(id, code),
    });
  }
}
