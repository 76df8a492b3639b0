/**
 * What the member must be told, when, and in which words (4.8, rules 5). It plans and composes; the instants "so many
 * calendar days before" come in, because only a calendar knows them. Whom to tell and how is not decided here.
 */
import type { Money } from './money.js';
import type { RulePack } from './rule-pack.js';
import type { Subscription, Term, TermKind } from './subscription.js';

export const NOTICE_KINDS = [
  'trial_ending',
  'renewal_upcoming',
  'price_change',
  'consent_request',
  'payment_failed',
  'cancellation_receipt',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** planned: not due yet · due: handed over to be told · canceled: its reason is gone · missed: came too late to be of use. */
export type NoticeStatus = 'planned' | 'due' | 'canceled' | 'missed';

/** A day on which something is told, counted back from a term's end. */
export interface NoticeDay {
  daysBefore: number;
  at: Date;
}

export interface PlannedNotice {
  kind: NoticeKind;
  daysBefore: number;
  dueAt: Date;
  /** After it the notice is of no use (exclusive): the next one is due, or the term is over. */
  until: Date;
}

const TRIAL_DAYS_BEFORE = [7, 3];
const RENEWAL_DAYS_BEFORE = [40, 7];

/**
 * How many calendar days before its end a term of this kind is announced, most first. Where the market demands a proven
 * notice in a window that none of them meets, the window's first day is added.
 */
export function noticeDaysBefore(kind: TermKind, pack: Pick<RulePack, 'renewalRequiresNotice'>): number[] {
  if (kind === 'temporary') return [];
  if (kind === 'trial') return TRIAL_DAYS_BEFORE;
  const required = pack.renewalRequiresNotice;
  const met = RENEWAL_DAYS_BEFORE.some(
    (days) => required === undefined || (days >= required.minDays && days <= required.maxDays),
  );
  const added = met || required === undefined ? [] : [required.maxDays];
  return [...RENEWAL_DAYS_BEFORE, ...added].sort((a, b) => b - a);
}

export interface NoticeFacts {
  now: Date;
  subscription: Pick<Subscription, 'status' | 'autoRenewal' | 'suspendedAt' | 'conversionConsentAt'>;
  term: Pick<Term, 'kind' | 'endsAt'> | null;
  /** For this term's kind, most days first. */
  days: readonly NoticeDay[];
  consentRequired: boolean;
}

/**
 * What has still to be told before the term ends. Nothing where nothing will be charged: opted out, suspended, overdue,
 * ended. A day that has passed is made up for at once until the next one comes.
 */
export function planNotices({ now, subscription, term, days, consentRequired }: NoticeFacts): PlannedNotice[] {
  const { status, autoRenewal, suspendedAt, conversionConsentAt } = subscription;
  const running = status === 'trialing' || status === 'active';
  if (term === null || !running || !autoRenewal || suspendedAt !== null) return [];
  const kind = term.kind === 'trial' ? 'trial_ending' : 'renewal_upcoming';
  const plan: PlannedNotice[] = days.map(({ daysBefore, at }, index) => ({
    kind,
    daysBefore,
    dueAt: at,
    until: days[index + 1]?.at ?? term.endsAt,
  }));
  const [first] = plan;
  if (term.kind === 'trial' && consentRequired && conversionConsentAt === null && first !== undefined) {
    plan.push({ ...first, kind: 'consent_request', until: term.endsAt });
  }
  return plan.filter(({ until }) => now < until);
}

/** Whether a notice was taken by the member's side inside the window a market demands, both ends included (rules 5). */
export function isProven(deliveredAt: readonly (Date | null)[], window: { from: Date; to: Date }): boolean {
  return deliveredAt.some((at) => at !== null && at >= window.from && at <= window.to);
}

export interface NoticeContent {
  subject: string;
  text: string;
  clause: string;
  amount: { amount: number; currency: string } | null;
  /** When what it announces happens. */
  date: Date | null;
  howToStop: string | null;
  /** The companies the member contracts with. */
  companies: string[];
}

export interface Announcement {
  kind: NoticeKind;
  country: string;
  companies: string[];
  money: Money | null;
  date: Date | null;
}

const CLAUSES: Record<NoticeKind, string> = {
  trial_ending: '3.2.1',
  renewal_upcoming: '3.3.1',
  price_change: '3.1.3',
  consent_request: '3.2.1',
  payment_failed: '5.1',
  cancellation_receipt: '3.4',
};

/** The words of a notice: who, what, how much, when, how to stop it, and the clause; enough to be kept and read later. */
export function composeNotice({ kind, country, companies, money, date }: Announcement): NoticeContent {
  const fee = money === null ? 'the fee' : formatMoney(money);
  const on = date === null ? 'soon' : `on ${date.toISOString()}`;
  const membership = `your VIP membership in ${country} with ${companies.join(' and ')}`;
  const [subject, text, howToStop] = words(kind, { fee, on, membership });
  const amount = money === null ? null : { amount: money.amountMinor, currency: money.currency };
  return { subject, text, clause: CLAUSES[kind], amount, date, howToStop, companies };
}

type Words = [subject: string, text: string, howToStop: string | null];

function words(kind: NoticeKind, { fee, on, membership }: { fee: string; on: string; membership: string }): Words {
  const stop = `Turn auto-renewal off before then, and nothing is charged.`;
  switch (kind) {
    case 'trial_ending':
      return [
        'Your trial ends soon',
        `The trial of ${membership} ends ${on}; ${fee} is then charged for 365 days.`,
        stop,
      ];
    case 'renewal_upcoming':
      return [
        'Your membership renews soon',
        `${capital(membership)} renews ${on}; ${fee} is then charged for 365 days.`,
        stop,
      ];
    case 'price_change':
      return ['The announced fee has changed', `The fee of ${membership} charged ${on} is now ${fee}.`, stop];
    case 'consent_request':
      return [
        'Please confirm your paid membership',
        `The trial of ${membership} ends ${on}; ${fee} is charged only if you agree.`,
        'Do nothing: without your consent the membership ends with the trial and nothing is charged.',
      ];
    case 'payment_failed':
      return [
        'Your payment failed',
        `${capital(fee)} for ${membership} could not be charged; supply another payment method or pay again.`,
        'Cancel the membership; unpaid, it ends by itself after seven days.',
      ];
    case 'cancellation_receipt':
      return [
        'Your membership is canceled',
        `${capital(membership)} ended ${on}; ${fee} goes back to your payment method.`,
        null,
      ];
  }
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** 4999 EUR → "EUR 49.99"; the currency knows its own decimals. */
function formatMoney({ amountMinor, currency }: Money): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 0;
  return format.format(amountMinor / 10 ** decimals).replaceAll('\u00a0', ' ');
}
