/**
 * What the notices a member was given allow at a term's end: whether the renewal may be charged at all where the market
 * demands proof, and whether a price rise reaches it (rules 5). It reads what was told; it tells nothing.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { plusDays } from '../domain/instant.js';
import type { Money } from '../domain/money.js';
import { isProven } from '../domain/notice.js';
import { renewalPrice } from '../domain/renewal-price.js';
import type { RulePack } from '../domain/rule-pack.js';
import type { Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { startOfDayBefore } from '../platform/calendar.js';
import type { Change } from '../subscriptions/change.js';
import { NoticeStore, type GivenNotice } from '../subscriptions/notice.store.js';

@Injectable()
export class WeighNotices {
  constructor(
    private readonly markets: MarketStore,
    private readonly notices: NoticeStore,
    private readonly cases: CaseStore,
  ) {}

  /** True where the market demands a proven notice of the renewal and none was taken in its window. */
  async isMissing(change: Change, term: Term, pack: RulePack): Promise<boolean> {
    const required = pack.renewalRequiresNotice;
    if (required === undefined || term.kind !== 'paid') return false;
    const given = await this.given(change, term);
    const from = startOfDayBefore(term.endsAt, required.maxDays, pack.timeZone);
    const until = startOfDayBefore(term.endsAt, required.minDays - 1, pack.timeZone);
    return !isProven(
      given.map(({ deliveredAt }) => deliveredAt),
      { from, until },
    );
  }

  /** The fee in force at the term's end, or what the term has cost where a rise was not told early enough (3.1.3). */
  async price(change: Change, term: Term, pack: RulePack): Promise<Money> {
    const { tx, subscription } = change;
    const published = await this.markets.priceAt(tx, subscription.country, term.endsAt);
    const { priceMinor, currency } = term;
    const standing = priceMinor === null || currency === null ? null : { amountMinor: priceMinor, currency };
    const tellBy = plusDays(term.endsAt, -pack.priceNoticeDays);
    return renewalPrice({ published, standing, told: await this.given(change, term), tellBy });
  }

  /** A person finds out why the notice was not taken; the member is not charged meanwhile. */
  async openCase({ tx, subscription, now }: Change, term: Term, pack: RulePack): Promise<void> {
    await this.cases.open(tx, {
      kind: 'renewal_notice_missing',
      subscriptionId: subscription.id,
      subjectId: term.id,
      explanation: `term ${term.number} was not renewed: no notice of it was delivered in the window ${pack.country} demands`,
      data: { termNumber: term.number, endsAt: term.endsAt, required: pack.renewalRequiresNotice },
      openedAt: now,
    });
  }

  private given({ tx, subscription }: Change, term: Term): Promise<GivenNotice[]> {
    return this.notices.given(tx, subscription.id, term);
  }
}
