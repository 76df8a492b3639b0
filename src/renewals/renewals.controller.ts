/** The storefront's "Cancel Auto Renewal", and its undoing. */
import { Body, Controller, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { IdParam } from '../platform/http/params.dto.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { AutoRenewalBody } from './auto-renewal.dto.js';
import { SwitchAutoRenewal } from './switch-auto-renewal.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/auto-renewal')
export class RenewalsController {
  constructor(
    private readonly switchAutoRenewal: SwitchAutoRenewal,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /** Turns auto-renewal on or off; on a trial, opts back in or out. 409 `not_allowed_in_state`. */
  @Put()
  async put(@Param() { id }: IdParam, @Body() { enabled }: AutoRenewalBody): Promise<SubscriptionView> {
    await this.switchAutoRenewal.switchTo(id, enabled);
    return this.showSubscription.show(id);
  }
}
