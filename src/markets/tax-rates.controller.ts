/** Where finance publishes the tax rates that captures and refunds are split by. */
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, type Page } from '../platform/http/page.js';
import { CountryParam } from '../platform/http/params.dto.js';
import { PublishTaxRate } from './publish-tax-rate.js';
import { TaxRateBody } from './publishing.dto.js';
import { viewTaxRate, TaxRateView } from './publishing.view.js';
import { ShowMarket } from './show-market.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/markets/:country/tax-rates')
export class TaxRatesController {
  constructor(
    private readonly showMarket: ShowMarket,
    private readonly publishTaxRate: PublishTaxRate,
  ) {}

  /** The market's tax rates, the latest to take effect first. 404 `not_found`. */
  @Get()
  @ApiPage(TaxRateView)
  list(@Param() { country }: CountryParam): Promise<Page<TaxRateView>> {
    return this.showMarket.taxRates(country);
  }

  /** Publishes the rate for what is captured from an instant on. 404 `not_found`. */
  @Post()
  async publish(
    @Param() { country }: CountryParam,
    @Body() body: TaxRateBody,
    @Subject() subject: string,
  ): Promise<TaxRateView> {
    return viewTaxRate(await this.publishTaxRate.publish(country, body, subject));
  }
}
