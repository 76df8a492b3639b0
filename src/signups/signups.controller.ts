/** The storefront's offer page and its subscribe button. */
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Refusal } from '../domain/refusal.js';
import { RequestStore } from '../gateway/request.store.js';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { notNew } from './admission.js';
import { ShowOffer } from './show-offer.js';
import { OffersQuery, OfferView, SubscribeBody } from './signup.dto.js';
import { Subscribe } from './subscribe.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1')
export class SignupsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly showOffer: ShowOffer,
    private readonly subscribe: Subscribe,
    private readonly requests: RequestStore,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /** What a market offers this user now. 422 `market_not_open`. */
  @Get('offers')
  offers(@Query() { country, userId }: OffersQuery): Promise<OfferView> {
    return this.showOffer.show(country, userId ?? null);
  }

  /**
   * Subscribes a user, directly or by a trial. Refusals in order: `market_not_open` (422), `not_eligible` (403),
   * `already_subscribed`, `agreement_outdated`, `trial_not_available` (409); then, decided by the gateway,
   * `payment_method_rejected`, `payment_declined` (402).
   */
  @WaitRoute()
  @Post('subscriptions')
  @KeyedRoute()
  create(
    @Body() body: SubscribeBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<SubscriptionView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.subscribe.subscribe(body, bind),
      answer: async (id) => {
        await this.requests.waitUntilDecided(id, waitMs);
        const subscription = await this.showSubscription.show(id);
        refuseDeclined(subscription);
        return subscription;
      },
    });
  }
}

function refuseDeclined({ status, endReason }: SubscriptionView): void {
  if (status !== 'abandoned') return;
  if (endReason === 'payment_method_rejected') {
    throw new Refusal('payment_method_rejected', 'The bank refuses this payment method; try another one.', '3.2.1');
  }
  if (endReason === 'trial_not_available') throw notNew();
  throw new Refusal(
    'payment_declined',
    'The payment was declined; try again, or with another payment method.',
    '3.1.2',
  );
}
