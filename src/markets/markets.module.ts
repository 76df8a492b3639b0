/**
 * Owns: markets, their dated rule packs and prices.
 * Does not own: who may buy, or what a subscription costs once it runs (terms keep their own copy).
 * Always true: what was published never changes; only a later version takes its place.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LoadMarkets } from './load-markets.js';
import { MarketEntity, PriceEntity, RulePackEntity } from './market.entity.js';
import { MarketStore } from './market.store.js';

@Module({
  imports: [TypeOrmModule.forFeature([MarketEntity, RulePackEntity, PriceEntity])],
  providers: [MarketStore, LoadMarkets],
  exports: [MarketStore],
})
export class MarketsModule {}
