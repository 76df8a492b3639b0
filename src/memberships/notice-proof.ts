/**
 * What the notices a member was given allow at a term's end: whether the renewal may be charged at all where the market
 * demands proof (rules 5). It reads what was told; it tells nothing.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { isProven } from '../domain/notice.js';
import type { RulePack } from '../domain/rule-pack.js';
import type { Term } from '../domain/subscription.js';
import { startOfDayBefore } from '../platform/time/calendar.js';
import type { Change } from '../subscriptions/change.js';
import { NoticeStore, type GivenNotice } from '../subscriptions/notice.store.js';

@Injectable()
export class NoticeProof {
  constructor(
    private readonly notices: NoticeStore,
    private readonly cases: CaseStore,
  ) {}

  /** True where the market demands a proven notice of the renewal and none was taken in its window. */
  async isMissing(change: Change, term: Term, pack: RulePack): Promise<boolean> {
    const required = pack.renewalRequiresNotice;
    if (required === null || term.kind !== 'paid') return false;
    const given = await this.given(change, term);
    const from = startOfDayBefore(term.endsAt, required.maxDays, pack.timeZone);
    const until = startOfDayBefore(term.endsAt, required.minDays - 1, pack.timeZone);
    return !isProven(
      given.map(({ deliveredAt }) => deliveredAt),
      { from, until },
    );
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
