/** Where the storefront hands over the member's consent to paying after the trial. */
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { IdParam } from '../platform/http/params.dto.js';
import { ShowSubscription } from '../subscriptions/show-subscription.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';
import { GiveConsent } from './give-consent.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/conversion-consent')
export class TrialsController {
  constructor(
    private readonly giveConsent: GiveConsent,
    private readonly showSubscription: ShowSubscription,
  ) {}

  /** Consents to the paid conversion of a running trial. 409 `not_allowed_in_state`. */
  @Post()
  @HttpCode(200)
  async consent(@Param() { id }: IdParam, @Body() _body: NoBody): Promise<SubscriptionView> {
    await this.giveConsent.give(id);
    return this.showSubscription.show(id);
  }
}
