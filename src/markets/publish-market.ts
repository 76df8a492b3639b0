/** Opens a market (1.5) with the rules and prices it begins with; more of both can follow. */
import { Injectable } from '@nestjs/common';
import currencies from 'currency-codes';
import { Refusal } from '../domain/refusal.js';
import { Database, violatesUnique } from '../platform/database/database.js';
import { validationFailed } from '../platform/http/problem.js';
import { MarketEntity } from './market.entity.js';
import { PublishPrice } from './publish-price.js';
import { PublishRulePack } from './publish-rule-pack.js';
import type { MarketBody } from './publishing.dto.js';

@Injectable()
export class PublishMarket {
  constructor(
    private readonly database: Database,
    private readonly publishRulePack: PublishRulePack,
    private readonly publishPrice: PublishPrice,
  ) {}

  /** Refuses 422 for what is no currency, 409 `already_published`, then what rule packs and prices refuse. */
  async publish(body: MarketBody, publishedBy: string): Promise<void> {
    const { country, currency } = body;
    const status = body.status ?? 'open';
    if (currencies.code(currency) === undefined) {
      throw validationFailed([{ path: 'currency', message: `${currency} is no ISO 4217 code` }]);
    }
    await this.database.transaction(async (tx) => {
      const market = { country, currency, status, publishedBy };
      await tx.insert(MarketEntity, market).catch((error: unknown) => {
        if (!violatesUnique(error, 'markets_pkey')) throw error;
        throw new Refusal('already_published', `There is a market ${country} already.`);
      });
      for (const pack of body.rulePacks ?? []) await this.publishRulePack.within(tx, country, pack, publishedBy);
      for (const price of body.prices ?? []) await this.publishPrice.within(tx, market, price, publishedBy);
    });
  }
}
