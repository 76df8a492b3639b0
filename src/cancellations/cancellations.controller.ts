/** Where the storefront asks what cancelling returns, and cancels. */
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CancellationLine } from '../domain/cancellation.js';
import { RequestStore } from '../gateway/request.store.js';
import { Database } from '../platform/database/database.js';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { IdParam } from '../platform/http/params.dto.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { RefundStore } from '../refunds/refund.store.js';
import { viewRefund } from '../refunds/refund.view.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { CancelSubscription } from './cancel-subscription.js';
import { CancellationBody, CancellationView, QuoteLineView, QuoteView } from './cancellation.dto.js';
import { CancellationEntity, type CancellationQuoteEntity } from './cancellation.entity.js';
import { QuoteCancellation } from './quote-cancellation.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id')
export class CancellationsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly database: Database,
    private readonly quoteCancellation: QuoteCancellation,
    private readonly cancelSubscription: CancelSubscription,
    private readonly requests: RequestStore,
    private readonly refunds: RefundStore,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /** What cancelling now would return, line by line; binding for 15 minutes. 409 `not_allowed_in_state`. */
  @Post('cancellation-quotes')
  async quote(@Param() { id }: IdParam, @Body() _body: NoBody): Promise<QuoteView> {
    return viewQuote(await this.quoteCancellation.quote(id));
  }

  /** Cancels at once. 409 `not_allowed_in_state`, `quote_expired`, `quote_stale`. */
  @WaitRoute()
  @Post('cancellation')
  @KeyedRoute()
  @HttpCode(200)
  cancel(
    @Param() { id }: IdParam,
    @Body() body: CancellationBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<CancellationView> {
    const { quoteId = null, reason = null } = body;
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.cancelSubscription.cancel({ subscriptionId: id, quoteId, reason }, bind),
      answer: async () => {
        await this.requests.waitUntilDecided(id, waitMs);
        return this.view(id);
      },
    });
  }

  private async view(subscriptionId: string): Promise<CancellationView> {
    const cancellation = await this.database.reader.require(CancellationEntity, { subscriptionId });
    const refunds = await this.refunds.ofCancellation(cancellation.id);
    return {
      subscription: await this.showSubscription.show(subscriptionId),
      ...(cancellation.quoteId === null ? {} : { quoteId: cancellation.quoteId }),
      refunds: refunds.map(viewRefund),
    };
  }
}

function viewQuote({ id, subscriptionId, quote, effectiveAt, expiresAt }: CancellationQuoteEntity): QuoteView {
  const { basis, clause, refundMinor, currency, lines } = quote;
  return {
    id,
    subscriptionId,
    basis,
    clause,
    effectiveAt,
    expiresAt,
    refund: { amount: refundMinor, currency },
    lines: lines.map(viewLine),
  };
}

function viewLine({ amountMinor, ...line }: CancellationLine): QuoteLineView {
  return { ...line, amount: amountMinor };
}
