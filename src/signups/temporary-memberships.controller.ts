/** Where operations give users temporary memberships (8.2). */
import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { UserIdParam } from '../platform/http/params.dto.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { GrantTemporaryMembership } from './grant-temporary-membership.js';
import { TemporaryMembershipBody } from './temporary-membership.dto.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/users/:userId/temporary-memberships')
export class TemporaryMembershipsController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly grantTemporaryMembership: GrantTemporaryMembership,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /**
   * Gives days of membership without a fee; it runs out by itself. Refusals in order: `market_not_open` (422),
   * `not_eligible` (403), `already_subscribed` (409).
   */
  @Post()
  @KeyedRoute()
  create(
    @Param() { userId }: UserIdParam,
    @Body() body: TemporaryMembershipBody,
    @Keyed() keyed: KeyedRequest,
    @Subject() subject: string,
  ): Promise<SubscriptionView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.grantTemporaryMembership.grant(userId, body, subject, bind),
      answer: (id) => this.showSubscription.show(id),
    });
  }
}
