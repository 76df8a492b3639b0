/** Where risk suspends, reinstates and revokes. */
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { IdParam } from '../platform/http/params.dto.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { Reinstate } from './reinstate.js';
import { Revoke } from './revoke.js';
import { ReinstatementBody, RevocationBody, RevocationView, SuspensionBody } from './sanction.dto.js';
import { Suspend } from './suspend.js';

@ApiTags('risk')
@RequireScope('risk')
@Controller('v1')
export class SanctionsController {
  constructor(
    private readonly suspend: Suspend,
    private readonly reinstate: Reinstate,
    private readonly revoke: Revoke,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /** Benefits off, nothing charged, the term runs on. 409 `not_allowed_in_state`. */
  @Post('subscriptions/:id/suspension')
  @HttpCode(200)
  async postSuspension(
    @Param() { id }: IdParam,
    @Body() { reason }: SuspensionBody,
    @Subject() subject: string,
  ): Promise<SubscriptionView> {
    await this.suspend.suspend(id, reason, subject);
    return this.showSubscription.show(id);
  }

  /** Benefits on again; a mistaken finding gives the lost days back and reopens its end. 409 `not_allowed_in_state`. */
  @Post('subscriptions/:id/reinstatement')
  @HttpCode(200)
  async postReinstatement(
    @Param() { id }: IdParam,
    @Body() { mistaken, reason }: ReinstatementBody,
    @Subject() subject: string,
  ): Promise<SubscriptionView> {
    await this.reinstate.reinstate({ subscriptionId: id, mistaken, reason, subject });
    return this.showSubscription.show(id);
  }

  /** Proposes to revoke; another person must approve. 409 `not_allowed_in_state`. */
  @Post('subscriptions/:id/revocations')
  @HttpCode(202)
  async propose(
    @Param() { id }: IdParam,
    @Body() { reason, evidence }: RevocationBody,
    @Subject() subject: string,
  ): Promise<RevocationView> {
    const proposed = await this.revoke.propose(id, reason, evidence, subject);
    const { status, proposedBy, proposedAt } = proposed;
    return { id: proposed.id, subscriptionId: id, reason, status, proposedBy, proposedAt };
  }

  /** Approves and carries out a revocation. 403 `four_eyes`, 409 `not_allowed_in_state`. */
  @Post('revocations/:id/approval')
  @HttpCode(200)
  async approve(
    @Param() { id }: IdParam,
    @Body() _body: NoBody,
    @Subject() subject: string,
  ): Promise<SubscriptionView> {
    return this.showSubscription.show(await this.revoke.approve(id, subject));
  }
}
