/** Where operations announce, approve and watch the end of a market. */
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { CountryParam } from '../platform/http/params.dto.js';
import { DiscontinuationBody, DiscontinuationView } from './discontinuation.dto.js';
import { PlanDiscontinuation } from './plan-discontinuation.js';
import { ShowDiscontinuation } from './show-discontinuation.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/markets/:country/discontinuation')
export class DiscontinuationController {
  constructor(
    private readonly planDiscontinuation: PlanDiscontinuation,
    private readonly showDiscontinuation: ShowDiscontinuation,
  ) {}

  /** Announces the end: new memberships and renewals stop now. 404 `not_found`, 409 `not_allowed_in_state`. */
  @Post()
  async announce(
    @Param() { country }: CountryParam,
    @Body() { reason, effectiveAt }: DiscontinuationBody,
    @Subject() subject: string,
  ): Promise<DiscontinuationView> {
    await this.planDiscontinuation.announce(country, reason, new Date(effectiveAt), subject);
    return this.showDiscontinuation.show(country);
  }

  /** The plan: before the run what it would return, after its begin what it has. */
  @Get()
  get(@Param() { country }: CountryParam): Promise<DiscontinuationView> {
    return this.showDiscontinuation.show(country);
  }

  /** Approves; two different people must. 403 `four_eyes`, 409 `not_allowed_in_state`. */
  @Post('approvals')
  @HttpCode(200)
  async approve(
    @Param() { country }: CountryParam,
    @Body() _body: NoBody,
    @Subject() subject: string,
  ): Promise<DiscontinuationView> {
    await this.planDiscontinuation.approve(country, subject);
    return this.showDiscontinuation.show(country);
  }
}
