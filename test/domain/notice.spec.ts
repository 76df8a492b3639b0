/** What the member must be told and when: every state, the edges of each window, and the words. */
import {
  composeNotice,
  isProven,
  noticeDaysBefore,
  NOTICE_KINDS,
  planNotices,
  writeLetter,
  type NoticeFacts,
} from '../../src/domain/notice.js';
import { SUBSCRIPTION_STATUSES } from '../../src/domain/subscription.js';

const endsAt = new Date('2027-03-01T10:00:00.000Z');
const startsAt = new Date('2026-03-01T10:00:00.000Z');
const seven = new Date('2027-02-22T10:00:00.000Z');
const forty = new Date('2027-01-20T10:00:00.000Z');
const three = new Date('2027-02-26T10:00:00.000Z');

const PAID: NoticeFacts = {
  now: startsAt,
  subscription: { status: 'active', autoRenewal: true, suspendedAt: null, conversionConsentAt: null },
  term: { kind: 'paid', endsAt },
  days: [
    { daysBefore: 40, at: forty },
    { daysBefore: 7, at: seven },
  ],
  consentRequired: false,
  marketOpen: true,
};
const TRIAL: NoticeFacts = {
  ...PAID,
  subscription: { ...PAID.subscription, status: 'trialing' },
  term: { kind: 'trial', endsAt },
  days: [
    { daysBefore: 7, at: seven },
    { daysBefore: 3, at: three },
  ],
};

const kinds = (facts: NoticeFacts): string[] =>
  planNotices(facts).map(({ kind, daysBefore }) => `${kind} ${daysBefore}`);

it('announces a renewal at 40 and 7 days, each until the next', () => {
  expect(planNotices(PAID)).toEqual([
    { kind: 'renewal_upcoming', daysBefore: 40, dueAt: forty, until: seven },
    { kind: 'renewal_upcoming', daysBefore: 7, dueAt: seven, until: endsAt },
  ]);
});

it('announces a trial end at 7 and 3 days, and asks for a consent that is missing', () => {
  expect(kinds(TRIAL)).toEqual(['trial_ending 7', 'trial_ending 3']);
  expect(kinds({ ...TRIAL, consentRequired: true })).toEqual(['trial_ending 7', 'trial_ending 3', 'consent_request 7']);
  const subscription = { ...TRIAL.subscription, conversionConsentAt: startsAt };
  expect(kinds({ ...TRIAL, subscription, consentRequired: true })).toEqual(['trial_ending 7', 'trial_ending 3']);
  expect(kinds({ ...PAID, consentRequired: true })).toEqual(['renewal_upcoming 40', 'renewal_upcoming 7']);
});

it.each([
  [new Date(forty.getTime() - 1), ['renewal_upcoming 40', 'renewal_upcoming 7']],
  [forty, ['renewal_upcoming 40', 'renewal_upcoming 7']],
  [new Date(seven.getTime() - 1), ['renewal_upcoming 40', 'renewal_upcoming 7']],
  [seven, ['renewal_upcoming 7']],
  [new Date(endsAt.getTime() - 1), ['renewal_upcoming 7']],
  [endsAt, []],
])('at %s it still plans %j', (now, planned) => {
  expect(kinds({ ...PAID, now })).toEqual(planned);
});

it('plans nothing that leaves no time to be told', () => {
  const days = [...PAID.days, { daysBefore: 0, at: endsAt }];
  expect(kinds({ ...PAID, days })).toEqual(['renewal_upcoming 40', 'renewal_upcoming 7']);
});

it.each(SUBSCRIPTION_STATUSES)('%s plans only what will be charged', (status) => {
  const subscription = { ...PAID.subscription, status };
  const running = status === 'active' || status === 'trialing';
  expect(kinds({ ...PAID, subscription })).toHaveLength(running ? 2 : 0);
  expect(kinds({ ...PAID, subscription: { ...subscription, autoRenewal: false } })).toEqual([]);
  expect(kinds({ ...PAID, subscription: { ...subscription, suspendedAt: startsAt } })).toEqual([]);
  expect(kinds({ ...PAID, subscription, term: null })).toEqual([]);
  expect(kinds({ ...PAID, subscription, marketOpen: false })).toEqual([]);
});

it.each([
  ['trial', null, [7, 3]],
  ['temporary', null, []],
  ['paid', null, [40, 7]],
  ['paid', { minDays: 15, maxDays: 45 }, [40, 7]],
  ['paid', { minDays: 7, maxDays: 7 }, [40, 7]],
  ['paid', { minDays: 10, maxDays: 30 }, [40, 30, 7]],
  ['paid', { minDays: 60, maxDays: 90 }, [90, 40, 7]],
] as const)('a %s term with proof %j is announced %j days before', (kind, renewalRequiresNotice, days) => {
  const usual = { trialNoticeDays: [7, 3], renewalNoticeDays: [40, 7] };
  expect(noticeDaysBefore(kind, { ...usual, renewalRequiresNotice })).toEqual(days);
});

it.each([
  [-1, false],
  [0, true],
  [1, true],
])('proof %i ms after the window opens counts: %s', (ms, proven) => {
  const window = { from: forty, until: seven };
  expect(isProven([null, new Date(forty.getTime() + ms)], window)).toBe(proven);
  expect(isProven([new Date(seven.getTime() - 1 - ms)], window)).toBe(proven);
  expect(isProven([null], window)).toBe(false);
});

it.each(NOTICE_KINDS)('%s says who, how much, when and by which clause', (kind) => {
  const money = { amountMinor: 4999, currency: 'EUR' };
  const place = { country: 'ES', timeZone: 'Europe/Madrid' };
  const content = composeNotice({ ...place, kind, companies: ['A Ltd', 'B Ltd'], money, date: endsAt });
  expect(content).toMatchObject({
    amount: { amount: 4999, currency: 'EUR' },
    date: endsAt,
    companies: ['A Ltd', 'B Ltd'],
  });
  expect(content.text).toContain('A Ltd and B Ltd');
  // What goes back is not known before the end.
  if (kind !== 'market_ending') expect(content.text).toContain('EUR 49.99');
  expect(content.text).toContain('on 1 March 2027 at 11:00 (Europe/Madrid)');
  expect(content.clause).toMatch(/^[345]\./);
  expect(content.howToStop === null).toBe(/receipt|market/.test(kind));
});

it.each([
  ['JPY', 4900, 'JPY 4,900'],
  ['KWD', 15_000, 'KWD 15.000'],
])('writes %s with its own decimals', (currency, amountMinor, text) => {
  const facts = { country: 'JP', timeZone: 'Asia/Tokyo', companies: ['A'], date: endsAt };
  const money = { amountMinor, currency };
  expect(composeNotice({ ...facts, kind: 'renewal_upcoming', money }).text).toContain(text);
});

it('says so when nothing goes back', () => {
  const facts = { country: 'ES', timeZone: 'Europe/Madrid', companies: ['A'], date: endsAt };
  const money = { amountMinor: 0, currency: 'EUR' };
  for (const kind of ['cancellation_receipt', 'market_ended'] as const) {
    expect(composeNotice({ ...facts, kind, money }).text).toMatch(/; nothing is left to go back\.$/);
  }
});

it.each([
  ['2027-03-01T15:00:00.000Z', 'Asia/Seoul', '2 March 2027 at 00:00 (Asia/Seoul)'],
  ['2027-03-28T00:59:59.999Z', 'Europe/Madrid', '28 March 2027 at 01:59 (Europe/Madrid)'],
  ['2027-03-28T01:00:00.000Z', 'Europe/Madrid', '28 March 2027 at 03:00 (Europe/Madrid)'],
])('%s is read in %s as %s', (at, timeZone, text) => {
  const facts = { country: 'US', timeZone, companies: ['A'], money: null, date: new Date(at) };
  expect(composeNotice({ ...facts, kind: 'trial_ending' }).text).toBe(
    `The trial of your VIP membership (United States) with A ends on ${text}; the fee is then charged for 365 days.`,
  );
});

it.each([
  [
    'renewal_upcoming',
    [
      'Your VIP membership (Spain) with A Ltd and B Ltd renews on 1 March 2027 at 11:00 (Europe/Madrid); EUR 49.99 is then charged for 365 days.',
      'How to stop it: Turn auto-renewal off before then, and nothing is charged.',
      'Your VIP membership agreement with A Ltd and B Ltd provides for this in clause 3.3.1. Please keep this message for your records.',
    ],
  ],
  [
    'cancellation_receipt',
    [
      'Your VIP membership (Spain) with A Ltd and B Ltd ended on 1 March 2027 at 11:00 (Europe/Madrid); EUR 49.99 goes back to your payment method.',
      'Your VIP membership agreement with A Ltd and B Ltd provides for this in clause 3.4. Please keep this message for your records.',
    ],
  ],
] as const)('%s as a letter says all of it once', (kind, paragraphs) => {
  const money = { amountMinor: 4999, currency: 'EUR' };
  const place = { country: 'ES', timeZone: 'Europe/Madrid' };
  const content = composeNotice({ ...place, kind, companies: ['A Ltd', 'B Ltd'], money, date: endsAt });
  expect(writeLetter(content)).toBe(paragraphs.join('\n\n'));
});
