/** The way out of a request that its gateway does not decide: one person proposes, another approves. */
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { IdParam } from '../platform/http/params.dto.js';
import { ApproveDecision } from './approve-decision.js';
import { DecisionBody, DecisionView, ReferenceParam, viewDecision } from './decision.dto.js';
import { ProposeDecision } from './propose-decision.js';

@ApiTags('finance')
@RequireScope('finance', 'operations')
@Controller('v1')
export class DecisionsController {
  constructor(
    private readonly proposeDecision: ProposeDecision,
    private readonly approveDecision: ApproveDecision,
  ) {}

  /** Proposes whether it moved. 404 `not_found`, 409 `not_allowed_in_state`, `payment_in_progress`. */
  @Post('requests/:reference/decision')
  @HttpCode(202)
  async propose(
    @Param() { reference }: ReferenceParam,
    @Body() body: DecisionBody,
    @Subject() subject: string,
  ): Promise<DecisionView> {
    return viewDecision(await this.proposeDecision.propose(reference, body, subject), reference);
  }

  /**
   * Approves it: the request is decided. 403 `four_eyes`, 409 `not_allowed_in_state`, `payment_in_progress`,
   * `gateway_disagrees`, `gateway_unanswered`.
   */
  @Post('request-decisions/:id/approval')
  @HttpCode(200)
  async approve(@Param() { id }: IdParam, @Body() _body: NoBody, @Subject() subject: string): Promise<DecisionView> {
    const { decision, reference } = await this.approveDecision.approve(id, subject);
    return viewDecision(decision, reference);
  }
}
