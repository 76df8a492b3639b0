/**
 * Publishes the tax rate of a market from an instant on (rules 12). It counts for what is captured when it is in force;
 * a refund gives back the tax of its capture, whatever the rate has become.
 */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { Clock } from '../platform/time/clock.js';
import { lockMarket, requirePublishable } from './published.js';
import type { TaxRateBody } from './publishing.dto.js';
import type { TaxRateEntity } from './tax-rate.entity.js';
import { TaxRateStore } from './tax-rate.store.js';

@Injectable()
export class PublishTaxRate {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly taxRates: TaxRateStore,
  ) {}

  /** Refuses `not_found`; 422 for an instant that is past or taken. */
  async publish(country: string, body: TaxRateBody, publishedBy: string): Promise<TaxRateEntity> {
    const { basisPoints, source } = body;
    const effectiveFrom = new Date(body.effectiveFrom);
    return this.database.transaction(async (tx) => {
      await lockMarket(tx, country);
      const now = await this.clock.now(tx);
      const taken = (await this.taxRates.published(tx, country)).map((rate) => rate.effectiveFrom);
      requirePublishable({ now, effectiveFrom, taken, noticeUntil: null });
      const rate = { country, effectiveFrom, basisPoints, source, publishedAt: now, publishedBy };
      await this.taxRates.publish(tx, rate);
      return rate;
    });
  }
}
