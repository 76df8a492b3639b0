/** Shows what markets have published and what of it is in force now; changes nothing. */
import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { inForceAt } from '../domain/rule-pack.js';
import { Database } from '../platform/database/database.js';
import { afterCursor, limitOf, pageOf, type Page, type PageQuery } from '../platform/http/page.js';
import { Clock } from '../platform/time/clock.js';
import { MarketEntity, PriceEntity, RulePackEntity } from './market.entity.js';
import type { MarketsQuery } from './publishing.dto.js';
import {
  viewPrice,
  viewRulePack,
  viewTaxRate,
  type MarketView,
  type PriceView,
  type TaxRateView,
} from './publishing.view.js';
import { TaxRateStore } from './tax-rate.store.js';

@Injectable()
export class ShowMarket {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly taxRateStore: TaxRateStore,
  ) {}

  /** Refuses `not_found`. */
  async show(country: string): Promise<MarketView> {
    return this.view(await this.find(country));
  }

  /** By country. */
  async list({ cursor, limit }: MarketsQuery): Promise<Page<MarketView>> {
    const take = limitOf({ limit });
    const rows = await this.database.reader.find(
      MarketEntity,
      cursor === undefined ? {} : { country: MoreThan(cursor) },
      { order: { country: 'asc' }, take: take + 1 },
    );
    const shown = rows.slice(0, take);
    const nextCursor = rows.length > take ? (shown.at(-1)?.country ?? null) : null;
    return { data: await Promise.all(shown.map((market) => this.view(market))), nextCursor };
  }

  /** The latest published first; refuses `not_found`. */
  async prices(country: string, page: PageQuery): Promise<Page<PriceView>> {
    await this.find(country);
    const rows = await this.database.reader.find(
      PriceEntity,
      { country, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
    return pageOf(rows, page, viewPrice);
  }

  /** All, the latest to take effect first; refuses `not_found`. */
  async taxRates(country: string): Promise<Page<TaxRateView>> {
    await this.find(country);
    const rates = await this.taxRateStore.published(this.database.reader, country);
    return { data: rates.map(viewTaxRate), nextCursor: null };
  }

  private async find(country: string): Promise<MarketEntity> {
    const market = await this.database.reader.findOne(MarketEntity, { country });
    if (market === null) throw new Refusal('not_found', `There is no market ${country}.`);
    return market;
  }

  private async view({ country, currency, status, publishedBy }: MarketEntity): Promise<MarketView> {
    const tx = this.database.reader;
    const now = await this.clock.now();
    const prices = await tx.find(PriceEntity, { country }, { order: { effectiveFrom: 'desc' } });
    const packs = await tx.find(RulePackEntity, { country }, { order: { effectiveFrom: 'desc' } });
    const [price, pack] = [inForceAt(prices, now), inForceAt(packs, now)];
    return {
      country,
      currency,
      status,
      publishedBy,
      price: price === null ? null : viewPrice(price),
      rulePack: pack === null ? null : viewRulePack(pack),
      prices: prices.map(viewPrice),
      rulePacks: packs.map(viewRulePack),
    };
  }
}
