/** Where operations offer some users, or everybody, a trial of another length (8.2). */
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, type Page } from '../platform/http/page.js';
import { PublishTrialOffer } from './publish-trial-offer.js';
import { TrialOfferBody, TrialOffersQuery } from './publishing.dto.js';
import { PublishedTrialOfferView } from './publishing.view.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/trial-offers')
export class TrialOffersController {
  constructor(private readonly publishTrialOffer: PublishTrialOffer) {}

  /** Trial offers, newest first. */
  @Get()
  @ApiPage(PublishedTrialOfferView)
  list(@Query() query: TrialOffersQuery): Promise<Page<PublishedTrialOfferView>> {
    return this.publishTrialOffer.list(query);
  }

  /** Offers a trial of so many days to sign-ups in a window. 422 `market_not_open`. */
  @Post()
  publish(@Body() body: TrialOfferBody, @Subject() subject: string): Promise<PublishedTrialOfferView> {
    return this.publishTrialOffer.publish(body, subject);
  }
}
