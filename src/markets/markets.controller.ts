/** Where operations publish what a market sells, by which rules and for how much, and see what is published. */
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, PageQuery, type Page } from '../platform/http/page.js';
import { CountryParam } from '../platform/http/params.dto.js';
import { PublishMarket } from './publish-market.js';
import { PublishPrice } from './publish-price.js';
import { PublishRulePack } from './publish-rule-pack.js';
import { MarketBody, MarketsQuery, PriceBody, RulePackBody } from './publishing.dto.js';
import { MarketView, PriceView, RulePackView, viewPrice, viewRulePack } from './publishing.view.js';
import { ShowMarket } from './show-market.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/markets')
export class MarketsController {
  constructor(
    private readonly showMarket: ShowMarket,
    private readonly publishMarket: PublishMarket,
    private readonly publishRulePack: PublishRulePack,
    private readonly publishPrice: PublishPrice,
  ) {}

  /** Markets by country, each with what is in force now and all it has published. */
  @Get()
  @ApiPage(MarketView)
  list(@Query() query: MarketsQuery): Promise<Page<MarketView>> {
    return this.showMarket.list(query);
  }

  /** Opens a market, with its first rule packs and prices if they are sent along. 409 `already_published`. */
  @Post()
  async open(@Body() body: MarketBody, @Subject() subject: string): Promise<MarketView> {
    await this.publishMarket.publish(body, subject);
    return this.showMarket.show(body.country);
  }

  @Get(':country')
  get(@Param() { country }: CountryParam): Promise<MarketView> {
    return this.showMarket.show(country);
  }

  /** Publishes the next version of the market's rules, each number with its source; running terms keep theirs. */
  @Post(':country/rule-packs')
  async addRulePack(
    @Param() { country }: CountryParam,
    @Body() body: RulePackBody,
    @Subject() subject: string,
  ): Promise<RulePackView> {
    return viewRulePack(await this.publishRulePack.publish(country, body, subject));
  }

  /** The market's prices, the latest published first. */
  @Get(':country/prices')
  @ApiPage(PriceView)
  prices(@Param() { country }: CountryParam, @Query() query: PageQuery): Promise<Page<PriceView>> {
    return this.showMarket.prices(country, query);
  }

  /** Publishes a price for terms that start from an instant on. 422 `notice_too_short` (3.1.3). */
  @Post(':country/prices')
  async addPrice(
    @Param() { country }: CountryParam,
    @Body() body: PriceBody,
    @Subject() subject: string,
  ): Promise<PriceView> {
    return viewPrice(await this.publishPrice.publish(country, body, subject));
  }
}
