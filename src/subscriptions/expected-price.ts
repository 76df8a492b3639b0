/**
 * What will be charged at a term's end (3.1.3): the fee published for then, or what the term has cost where a rise was not
 * told early enough. What is announced and what is charged are the same question.
 */
import { Injectable } from '@nestjs/common';
import { plusDays } from '../domain/instant.js';
import type { Money } from '../domain/money.js';
import { renewalPrice } from '../domain/renewal-price.js';
import type { RulePack } from '../domain/rule-pack.js';
import type { Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import type { Change } from './change.js';
import { NoticeStore } from './notice.store.js';

@Injectable()
export class ExpectedPrice {
  constructor(
    private readonly markets: MarketStore,
    private readonly notices: NoticeStore,
  ) {}

  /** By what the member was told so far. */
  async charged(change: Change, term: Term, pack: RulePack): Promise<Money> {
    return this.of(change, term, pack, false);
  }

  /** If the member is told now. */
  async announced(change: Change, term: Term, pack: RulePack): Promise<Money> {
    return this.of(change, term, pack, true);
  }

  private async of(change: Change, term: Term, { priceNoticeDays }: RulePack, toldNow: boolean): Promise<Money> {
    const { tx, subscription, now } = change;
    const { id, country } = subscription;
    const published = await this.markets.priceAt(tx, country, term.endsAt);
    const { priceMinor, currency } = term;
    const standing = priceMinor === null || currency === null ? null : { amountMinor: priceMinor, currency };
    const told = await this.notices.given(tx, id, term);
    if (toldNow) told.push({ at: now, deliveredAt: null, ...published });
    return renewalPrice({ published, standing, told, tellBy: plusDays(term.endsAt, -priceNoticeDays) });
  }
}
