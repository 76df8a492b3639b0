/** Where operations pay compensations. */
import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequestStore } from '../gateway/request.store.js';
import { RequireScope } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { IdParam } from '../platform/http/params.dto.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { Compensate } from './compensate.js';
import { CompensationBody, CompensationView } from './compensation.dto.js';
import { RefundStore } from './refund.store.js';
import { viewRefund } from './refund.view.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/subscriptions/:id/compensations')
export class CompensationsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly compensate: Compensate,
    private readonly requests: RequestStore,
    private readonly refunds: RefundStore,
  ) {}

  /** Pays up to what was collected and not returned (6.2). 404 `not_found`, 422 `exceeds_collected`. */
  @WaitRoute()
  @Post()
  @KeyedRoute()
  create(
    @Param() { id }: IdParam,
    @Body() { amount, reason }: CompensationBody,
    @Keyed() keyed: KeyedRequest,
    @WaitMs() waitMs: number,
  ): Promise<CompensationView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.compensate.compensate({ subscriptionId: id, amountMinor: amount, reason }, bind),
      answer: async (compensationId) => {
        await this.requests.waitUntilDecided(id, waitMs);
        const refunds = await this.refunds.ofCompensation(compensationId);
        return { id: compensationId, subscriptionId: id, refunds: refunds.map(viewRefund) };
      },
    });
  }
}
