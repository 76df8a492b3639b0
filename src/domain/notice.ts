/**
 * What the member must be told, when, and in which words (4.8, rules 5). It plans and composes; the instants "so many
 * calendar days before" come in, because only a calendar knows them. Whom to tell and how is not decided here.
 */
import { formatMoney, type Money } from './money.js';
import type { RulePack } from './rule-pack.js';
import type { Subscription, Term, TermKind } from './subscription.js';

export const NOTICE_KINDS = [
  'trial_ending',
  'renewal_upcoming',
  'price_change',
  'consent_request',
  'payment_failed',
  'cancellation_receipt',
  'market_ending',
  'market_ended',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** These name the fee of the next charge: who was given one has been told that price (3.1.3). */
export const PRICE_NOTICES: readonly NoticeKind[] = ['trial_ending', 'renewal_upcoming', 'price_change'];

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

/**
 * How many calendar days before its end a term of this kind is announced, most first. Where the market demands a proven
 * notice in a window that none of them meets, the window's first day is added.
 */
export function noticeDaysBefore(
  kind: TermKind,
  pack: Pick<RulePack, 'trialNoticeDays' | 'renewalNoticeDays' | 'renewalRequiresNotice'>,
): readonly number[] {
  if (kind === 'temporary') return [];
  if (kind === 'trial') return pack.trialNoticeDays;
  const { renewalNoticeDays, renewalRequiresNotice: required } = pack;
  if (required === null) return renewalNoticeDays;
  const met = renewalNoticeDays.some((days) => days >= required.minDays && days <= required.maxDays);
  return [...renewalNoticeDays, ...(met ? [] : [required.maxDays])].sort((x, y) => y - x);
}

export interface NoticeFacts {
  now: Date;
  subscription: Pick<Subscription, 'status' | 'autoRenewal' | 'suspendedAt' | 'conversionConsentAt'>;
  term: Pick<Term, 'kind' | 'endsAt'> | null;
  /** For this term's kind, most days first. */
  days: readonly NoticeDay[];
  consentRequired: boolean;
  /** False once the market sells no more (5.4): no term follows this one. */
  marketOpen: boolean;
}

/**
 * What has still to be told before the term ends. Nothing where nothing will be charged: opted out, suspended, overdue,
 * ended, the market closed. A day that has passed is made up for at once until the next one comes; a day that leaves no
 * time to be told (0 days before the end) is not planned.
 */
export function planNotices(facts: NoticeFacts): PlannedNotice[] {
  const { now, subscription, term, days, consentRequired, marketOpen } = facts;
  const { status, autoRenewal, suspendedAt, conversionConsentAt } = subscription;
  const running = status === 'trialing' || status === 'active';
  if (term === null || !running || !autoRenewal || suspendedAt !== null || !marketOpen) return [];
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
  return plan.filter(({ dueAt, until }) => now < until && dueAt < until);
}

/**
 * Whether a notice was taken by the member's side inside the window a market demands (rules 5): whole calendar days of
 * the market, from the first moment of the first (inclusive) to the last moment of the last (`until`, exclusive).
 */
export function isProven(deliveredAt: readonly (Date | null)[], window: { from: Date; until: Date }): boolean {
  return deliveredAt.some((at) => at !== null && at >= window.from && at < window.until);
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
  /** Of the market: the member reads the date there. */
  timeZone: string;
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
  market_ending: '5.4',
  market_ended: '5.4',
};

/** The words of a notice: who, what, how much, when, how to stop it, and the clause; enough to be kept and read later. */
export function composeNotice({ kind, country, timeZone, companies, money, date }: Announcement): NoticeContent {
  const fee = money === null ? 'the fee' : formatMoney(money);
  const on = date === null ? 'soon' : `on ${formatInstant(date, timeZone)}`;
  const membership = `your VIP membership (${nameOf(country)}) with ${companies.join(' and ')}`;
  const back = money?.amountMinor === 0 ? 'nothing is left to go back' : `${fee} goes back to your payment method`;
  const [subject, text, howToStop] = words(kind, { fee, on, membership, back });
  const amount = money === null ? null : { amount: money.amountMinor, currency: money.currency };
  return { subject, text, clause: CLAUSES[kind], amount, date, howToStop, companies };
}

/** The same as the text of a mail, whole in itself so that it can be kept. */
export function writeLetter({ text, howToStop, clause, companies }: NoticeContent): string {
  const stop = howToStop === null ? [] : [`How to stop it: ${howToStop}`];
  const basis = `Your VIP membership agreement with ${companies.join(' and ')} provides for this in clause ${clause}.`;
  return [text, ...stop, `${basis} Please keep this message for your records.`].join('\n\n');
}

type Words = [subject: string, text: string, howToStop: string | null];

type Parts = Record<'fee' | 'on' | 'membership' | 'back', string>;

function words(kind: NoticeKind, { fee, on, membership, back }: Parts): Words {
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
        `${capital(fee)} for ${membership} could not be charged ${on}; supply another payment method or pay again.`,
        'Cancel the membership; unpaid, it ends by itself after seven days.',
      ];
    case 'cancellation_receipt':
      return ['Your membership is canceled', `${capital(membership)} ended ${on}; ${back}.`, null];
    case 'market_ending':
      return [
        'The VIP service ends',
        `${capital(membership)} ends ${on} at the latest, because the service ends there. It is not renewed, and what ` +
          `you have paid for days after that goes back to your payment method.`,
        null,
      ];
    case 'market_ended':
      return [
        'The VIP service has ended',
        `${capital(membership)} ended ${on} with the service itself; ${back}.`,
        null,
      ];
  }
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

const regions = new Intl.DisplayNames('en', { type: 'region' });

/** ES → Spain. */
function nameOf(country: string): string {
  return regions.of(country) ?? country;
}

/** 2027-03-01T10:00Z in Europe/Madrid → "1 March 2027 at 11:00 (Europe/Madrid)". */
function formatInstant(at: Date, timeZone: string): string {
  const part = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${part.day} ${part.month} ${part.year} at ${part.hour}:${part.minute} (${timeZone})`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** One for each zone: building it takes 0.14 ms, and every sign-up writes several notices. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const day = { year: 'numeric', month: 'long', day: 'numeric' } as const;
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone, ...day, ...time });
  clocks.set(timeZone, made);
  return made;
}
