/**
 * Owns: markets, their dated rule packs, prices, tax rates and trial offers, and who published what.
 * Does not own: who may buy, or what a subscription costs once it runs (terms keep their own copy).
 * Always true: what was published never changes; only a later version takes its place.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AddOnOfferEntity } from './add-on-offer.entity.js';
import { AddOnOfferStore } from './add-on-offer.store.js';
import { LoadMarkets } from './load-markets.js';
import { MarketEntity, PriceEntity, RulePackEntity, TrialOfferEntity, TrialOfferUserEntity } from './market.entity.js';
import { MarketStore } from './market.store.js';
import { MarketsController } from './markets.controller.js';
import { PaymentChannel } from './payment-channel.js';
import { PublishMarket } from './publish-market.js';
import { PublishPrice } from './publish-price.js';
import { PublishRulePack } from './publish-rule-pack.js';
import { PublishTaxRate } from './publish-tax-rate.js';
import { PublishTrialOffer } from './publish-trial-offer.js';
import { ShowMarket } from './show-market.js';
import { TaxRateEntity } from './tax-rate.entity.js';
import { TaxRateStore } from './tax-rate.store.js';
import { TaxRatesController } from './tax-rates.controller.js';
import { TrialOffersController } from './trial-offers.controller.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([
      AddOnOfferEntity,
      MarketEntity,
      RulePackEntity,
      PriceEntity,
      TrialOfferEntity,
      TrialOfferUserEntity,
      TaxRateEntity,
    ]),
  ],
  controllers: [MarketsController, TrialOffersController, TaxRatesController],
  providers: [
    AddOnOfferStore,
    MarketStore,
    LoadMarkets,
    PaymentChannel,
    PublishMarket,
    PublishRulePack,
    PublishPrice,
    PublishTrialOffer,
    PublishTaxRate,
    ShowMarket,
    TaxRateStore,
  ],
  exports: [AddOnOfferStore, MarketStore, PaymentChannel, TaxRateStore],
})
export class MarketsModule {}
