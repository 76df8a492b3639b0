/** Where the risk system freezes a benefit of a member, and lets it run again. */
import { Body, Controller, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { BenefitParam, FreezeBody, FreezeView } from './benefit.dto.js';
import { FreezeBenefit } from './freeze-benefit.js';

@ApiTags('risk')
@RequireScope('risk')
@Controller('v1/subscriptions/:id/benefits/:code/freeze')
export class FreezesController {
  constructor(private readonly freezeBenefit: FreezeBenefit) {}

  /** Freezes or releases one benefit; the membership goes on (4.5, 4.7). 404 where the market has no such benefit. */
  @Put()
  async put(@Param() { id, code }: BenefitParam, @Body() body: FreezeBody): Promise<FreezeView> {
    const { benefit, frozen, reason, at } = await this.freezeBenefit.freeze({
      subscriptionId: id,
      benefit: code,
      ...body,
    });
    return { benefit, frozen, reason, at };
  }
}
