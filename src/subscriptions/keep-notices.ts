/**
 * Keeps what the member must be told in step with the membership, in the transaction of every change: plans it when a
 * term begins, cancels it when nothing will be charged, and hands over what is due as a line of the timeline, which the
 * outbox carries to subscribers.
 */
import { Injectable } from '@nestjs/common';
import type { Money } from '../domain/money.js';
import {
  composeNotice,
  noticeDaysBefore,
  planNotices,
  type Announcement,
  type NoticeContent,
  type NoticeKind,
} from '../domain/notice.js';
import type { RulePack } from '../domain/rule-pack.js';
import type { SubscriptionStatus, Term } from '../domain/subscription.js';
import type { TimelineData } from '../domain/timeline-event.js';
import { MarketStore } from '../markets/market.store.js';
import { newId } from '../platform/ids.js';
import { calendarDaysBefore } from '../platform/time/calendar.js';
import type { Change } from './change.js';
import { ExpectedPrice } from './expected-price.js';
import type { NoticeEntity } from './notice.entity.js';
import { NoticeStore } from './notice.store.js';

/** What notices depend on, as it was before a change. */
export interface Before {
  status: SubscriptionStatus;
  facts: string;
}

export function factsOf({ subscription, lastTerm }: Change): Before {
  const { status, autoRenewal, suspendedAt, conversionConsentAt } = subscription;
  const facts = [status, autoRenewal, suspendedAt, conversionConsentAt, lastTerm?.id, lastTerm?.endsAt];
  return { status, facts: JSON.stringify(facts) };
}

@Injectable()
export class KeepNotices {
  constructor(
    private readonly notices: NoticeStore,
    private readonly markets: MarketStore,
    private readonly expectedPrice: ExpectedPrice,
  ) {}

  /** Plans and cancels by what the change has left; tells at once what has just happened. */
  async follow(change: Change, before: Before): Promise<void> {
    if (factsOf(change).facts === before.facts) return;
    const { subscription, lastTerm } = change;
    const { status } = subscription;
    if (lastTerm !== null) await this.plan(change, lastTerm);
    if (status === before.status) return;
    if (status === 'past_due') await this.tellNow(change, 'payment_failed', change.recorded('subscription.past_due'));
    if (status === 'canceled') {
      await this.tellNow(change, 'cancellation_receipt', returnedIn(change.recorded('subscription.canceled')));
    }
    if (status === 'discontinued') {
      await this.tellNow(change, 'market_ended', returnedIn(change.recorded('subscription.discontinued')));
    }
  }

  /** Hands over every planned notice of the subscription whose day has come; one that came too late is missed. */
  async giveDue(change: Change): Promise<void> {
    const { tx, subscription, now, lastTerm } = change;
    if (lastTerm === null) return;
    const due = await this.notices.planned(tx, subscription.id, now);
    if (due.length === 0) return;
    const content = await this.announcementOf(change, lastTerm, await this.packOf(change));
    for (const notice of due) {
      const late = notice.until !== null && now >= notice.until;
      if (late) await this.notices.save(tx, { ...notice, status: 'missed' });
      else await this.give(change, { ...notice, content: content(notice.kind) });
    }
  }

  /** A published price that changes what the member was told is told again, unless it comes too late to reach them. */
  async announcePrice(change: Change): Promise<void> {
    const { tx, subscription, lastTerm } = change;
    const { status, autoRenewal, suspendedAt } = subscription;
    const running = status === 'trialing' || status === 'active';
    if (lastTerm === null || !running || !autoRenewal || suspendedAt !== null) return;
    if (!(await this.marketOpen(change))) return;
    const last = (await this.notices.given(tx, subscription.id, lastTerm)).at(-1);
    const expected = await this.expectedPrice.announced(change, lastTerm, await this.packOf(change));
    if (last === undefined || (last.amountMinor === expected.amountMinor && last.currency === expected.currency))
      return;
    await this.tellNow(change, 'price_change', expected, lastTerm.endsAt);
  }

  private async plan(change: Change, lastTerm: Term): Promise<void> {
    const { tx, subscription, now } = change;
    const pack = await this.packOf(change);
    const days = noticeDaysBefore(lastTerm.kind, pack).map((daysBefore) => ({
      daysBefore,
      at: calendarDaysBefore(lastTerm.endsAt, daysBefore, pack.timeZone),
    }));
    const consentRequired = pack.trialConversionConsent === 'explicit';
    const marketOpen = await this.marketOpen(change);
    const plan = planNotices({ now, subscription, term: lastTerm, days, consentRequired, marketOpen });
    const content = plan.length === 0 ? null : await this.announcementOf(change, lastTerm, pack);
    const planned = content === null ? [] : plan.map((one) => ({ ...one, content: content(one.kind) }));
    await this.notices.keepPlan(tx, { subscriptionId: subscription.id, termEndsAt: lastTerm.endsAt, planned });
    if (plan.some(({ dueAt }) => dueAt <= now)) await this.giveDue(change);
  }

  private async announcementOf(
    change: Change,
    term: Term,
    pack: RulePack,
  ): Promise<(kind: NoticeKind) => NoticeContent> {
    const money = await this.expectedPrice.announced(change, term, pack);
    return (kind) => this.compose(change, { kind, money, date: term.endsAt, timeZone: pack.timeZone });
  }

  private async tellNow(change: Change, kind: NoticeKind, money: Money | null, date = change.now): Promise<void> {
    const { subscription, now, lastTerm } = change;
    const { timeZone } = await this.packOf(change);
    const notice: NoticeEntity = {
      id: newId(),
      subscriptionId: subscription.id,
      kind,
      termEndsAt: lastTerm?.endsAt ?? null,
      daysBefore: null,
      status: 'planned',
      dueAt: now,
      until: null,
      content: this.compose(change, { kind, money, date, timeZone }),
      givenAt: null,
      eventId: null,
    };
    await this.notices.insert(change.tx, [notice]);
    await this.give(change, notice);
  }

  private async give(change: Change, notice: NoticeEntity): Promise<void> {
    const { id: noticeId, kind, content } = notice;
    const data = { noticeId, kind, ...content };
    const eventId = change.record('notice.due', content.clause, `the member is told: ${content.subject}`, data);
    await this.notices.save(change.tx, { ...notice, status: 'due', givenAt: change.now, eventId });
  }

  private compose({ subscription }: Change, facts: Omit<Announcement, 'country' | 'companies'>): NoticeContent {
    const { country, contractingEntities } = subscription;
    return composeNotice({ ...facts, country, companies: contractingEntities.map(({ name }) => name) });
  }

  private async marketOpen({ tx, subscription }: Change): Promise<boolean> {
    return (await this.markets.find(tx, subscription.country))?.status === 'open';
  }

  /** The rules the last term began under; where none ever began, those of today. */
  private packOf({ tx, subscription, now, lastTerm }: Change): Promise<RulePack> {
    const { country } = subscription;
    if (lastTerm === null) return this.markets.rulePackAt(tx, country, now);
    return this.markets.rulePack(tx, country, lastTerm.rulePackVersion);
  }
}

function returnedIn(ended: TimelineData['subscription.canceled'] | null): Money | null {
  return ended === null ? null : { amountMinor: ended.refundMinor, currency: ended.currency };
}
