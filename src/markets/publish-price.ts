/**
 * Publishes a price (3.1.3): once one is in force, members get the market's notice before another takes its place. It
 * counts for terms that start when it is in force; the price of a running term never changes.
 */
import { Injectable } from '@nestjs/common';
import { plusDays } from '../domain/instant.js';
import { inForceAt, parseRulePack } from '../domain/rule-pack.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { validationFailed } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { PriceEntity, RulePackEntity } from './market.entity.js';
import { PaymentChannel } from './payment-channel.js';
import { lockMarket, requirePublishable } from './published.js';
import type { PriceBody } from './publishing.dto.js';

@Injectable()
export class PublishPrice {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly channel: PaymentChannel,
  ) {}

  /**
   * Refuses `not_found`; 422 for another currency than the market's, an instant that is past, `notice_too_short`, an
   * instant that is taken, an amount that the payment channel does not carry.
   */
  async publish(country: string, body: PriceBody, publishedBy: string): Promise<PriceEntity> {
    return this.database.transaction(async (tx) => {
      const { currency } = await lockMarket(tx, country);
      return this.within(tx, { country, currency }, body, publishedBy);
    });
  }

  /** The same in a transaction that holds the market. */
  async within(
    tx: Tx,
    { country, currency }: { country: string; currency: string },
    body: PriceBody,
    publishedBy: string,
  ): Promise<PriceEntity> {
    if (body.currency !== currency) {
      throw validationFailed([{ path: 'currency', message: `the market's currency is ${currency}` }]);
    }
    const now = await this.clock.now(tx);
    const effectiveFrom = new Date(body.effectiveFrom);
    const stored = await tx.find(PriceEntity, { country });
    const noticeUntil = inForceAt(stored, now) === null ? null : await this.noticeUntil(tx, country, now);
    requirePublishable({ now, effectiveFrom, taken: stored.map((price) => price.effectiveFrom), noticeUntil });
    const unfit = this.channel.refuses({ amountMinor: body.amount, currency });
    if (unfit !== null) throw validationFailed([{ path: 'amount', message: unfit }]);
    const price = {
      id: newId(),
      country,
      amountMinor: body.amount,
      currency,
      publishedAt: now,
      effectiveFrom,
      source: body.source ?? `published by ${publishedBy}`,
      publishedBy,
    };
    await tx.insert(PriceEntity, price);
    return price;
  }

  private async noticeUntil(tx: Tx, country: string, now: Date): Promise<Date> {
    const pack = inForceAt(await tx.find(RulePackEntity, { country }), now);
    return pack === null ? now : plusDays(now, parseRulePack(pack).priceNoticeDays);
  }
}
