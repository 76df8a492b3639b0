/** What time does next to a subscription, for every status and every progress of its charge; and how long benefits last. */
import { benefitsUntil, currentTerm, nextChargeAt, nextDue, waitingTerm } from '../../src/domain/due.js';
import type { Subscription, SubscriptionStatus, Term, TermKind } from '../../src/domain/subscription.js';
import type { ChargeProgress } from '../../src/domain/charge-progress.js';

const createdAt = new Date('2026-03-01T10:00:00.000Z');
const endsAt = new Date('2026-03-31T10:00:00.000Z');
const firstFailedAt = new Date('2026-03-31T10:00:05.000Z');
const retryAt = new Date('2026-03-31T22:00:05.000Z');

const ABANDON = 'abandon 2026-03-02T09:00:00.000Z';
const CONVERT = 'convert_trial 2026-03-31T10:00:00.000Z';
const RENEW = 'renew_term 2026-03-31T10:00:00.000Z';
const RETRY = 'retry_payment 2026-03-31T22:00:05.000Z';
const GIVE_UP = 'give_up_payment 2026-04-07T10:00:05.000Z';
const NOTHING = 'nothing';

type Kind = TermKind | 'no';
type Row = [status: SubscriptionStatus, term: Kind, progress: ChargeProgress, retry: boolean, due: string];

const LIVE: Row[] = [
  ['pending_payment', 'no', 'none', false, ABANDON],
  ['pending_payment', 'no', 'moving', false, ABANDON],
  ['pending_payment', 'no', 'waiting_for_member', false, ABANDON],
  ['pending_payment', 'no', 'declined', false, ABANDON],
  ['trialing', 'trial', 'none', false, CONVERT],
  ['trialing', 'trial', 'moving', false, NOTHING],
  ['trialing', 'trial', 'waiting_for_member', false, CONVERT],
  ['trialing', 'trial', 'declined', false, NOTHING],
  ['active', 'paid', 'none', false, RENEW],
  ['active', 'temporary', 'none', false, RENEW],
  ['active', 'no', 'none', false, NOTHING],
  ['active', 'paid', 'moving', false, NOTHING],
  // An early renewal that waits for the member does not hold the term's end up.
  ['active', 'paid', 'waiting_for_member', false, RENEW],
  ['active', 'paid', 'declined', false, NOTHING],
  ['past_due', 'paid', 'none', false, GIVE_UP],
  ['past_due', 'paid', 'none', true, GIVE_UP],
  ['past_due', 'paid', 'moving', false, NOTHING],
  ['past_due', 'paid', 'moving', true, NOTHING],
  ['past_due', 'trial', 'waiting_for_member', false, GIVE_UP],
  ['past_due', 'trial', 'waiting_for_member', true, GIVE_UP],
  ['past_due', 'paid', 'declined', false, GIVE_UP],
  ['past_due', 'paid', 'declined', true, RETRY],
  ['past_due', 'trial', 'declined', true, RETRY],
];
const STATES_ENDED: SubscriptionStatus[] = ['abandoned', 'expired', 'canceled', 'revoked', 'discontinued'];
const PROGRESS: ChargeProgress[] = ['none', 'moving', 'waiting_for_member', 'declined'];
const ENDED = STATES_ENDED.flatMap((status) =>
  PROGRESS.map((progress): Row => [status, 'paid', progress, true, NOTHING]),
);

const PACK = { dunningDays: 7 };

it.each([...LIVE, ...ENDED])(
  '%s with %s term, charge %s, retry planned %s: %s',
  (status, kind, progress, retry, due) => {
    const facts = {
      status,
      autoRenewal: true,
      createdAt,
      firstFailedAt: status === 'past_due' ? firstFailedAt : null,
      retryAt: retry ? retryAt : null,
      chargeProgress: progress,
      suspendedAt: null,
    };
    const term = { kind, startsAt: createdAt, endsAt } as Term;
    const { move, at } = nextDue(facts, kind === 'no' ? null : term, createdAt, PACK);
    expect(move === null ? NOTHING : `${move} ${String(at?.toISOString())}`).toBe(due);
    if (move === null) expect(at).toBeNull();
  },
);

it('gives an overdue fee up after the days of the market', () => {
  const overdue = { status: 'past_due', createdAt, firstFailedAt, chargeProgress: 'waiting_for_member' } as const;
  const facts = { ...overdue, retryAt: null, autoRenewal: true, suspendedAt: null };
  const term = { kind: 'paid', startsAt: createdAt, endsAt } as Term;
  const at = new Date(firstFailedAt.getTime() + 3 * 86_400_000);
  expect(nextDue(facts, term, endsAt, { dunningDays: 3 })).toEqual({ move: 'give_up_payment', at });
});

it('begins a term bought early at its start, and renews it at its end', () => {
  const facts = {
    status: 'active',
    autoRenewal: true,
    createdAt,
    firstFailedAt: null,
    retryAt: null,
    chargeProgress: 'none',
    suspendedAt: null,
  } as const;
  const later = new Date(endsAt.getTime() + 1000);
  const waiting = { kind: 'paid', startsAt: endsAt, endsAt: later } as Term;
  expect(nextDue(facts, waiting, new Date(endsAt.getTime() - 1), PACK)).toEqual({ move: 'begin_term', at: endsAt });
  expect(nextDue(facts, waiting, endsAt, PACK)).toEqual({ move: 'renew_term', at: later });
});

it('does not retry while suspended, or after a chargeback, and gives up when the days are over', () => {
  const overdue = { status: 'past_due', createdAt, firstFailedAt, retryAt, chargeProgress: 'declined' } as const;
  const facts = { ...overdue, autoRenewal: true };
  const term = { kind: 'paid', startsAt: createdAt, endsAt } as Term;
  expect(nextDue({ ...facts, suspendedAt: null }, term, endsAt, PACK).move).toBe('retry_payment');
  expect(nextDue({ ...facts, suspendedAt: endsAt }, term, endsAt, PACK).move).toBe('give_up_payment');
  expect(nextDue({ ...facts, autoRenewal: false, suspendedAt: null }, term, endsAt, PACK).move).toBe('give_up_payment');
});

describe('the current and the waiting term', () => {
  const first = { startsAt: createdAt };
  const second = { startsAt: endsAt };
  const before = new Date(endsAt.getTime() - 1);
  it('change places at the instant the second starts', () => {
    expect([currentTerm([first, second], before), waitingTerm([first, second], before)]).toEqual([first, second]);
    expect([currentTerm([first, second], endsAt), waitingTerm([first, second], endsAt)]).toEqual([second, null]);
    expect([currentTerm([], endsAt), waitingTerm([], endsAt)]).toEqual([null, null]);
  });
});

describe('nextChargeAt', () => {
  it.each([
    ['convert_trial', true, true],
    ['convert_trial', false, false],
    ['renew_term', true, true],
    ['renew_term', false, false],
    ['retry_payment', true, true],
    // An overdue fee is still owed.
    ['retry_payment', false, true],
    ['abandon', true, false],
    ['give_up_payment', true, false],
    [null, true, false],
  ] as const)('%s, auto-renewal %s: charged %s', (dueMove, autoRenewal, charged) => {
    const dueAt = dueMove === null ? null : endsAt;
    const at = nextChargeAt({ dueMove, dueAt, autoRenewal, suspendedAt: null } as Subscription);
    expect(at).toEqual(charged ? endsAt : null);
  });
});

describe('benefitsUntil', () => {
  const pack = { renewalGraceDays: 7, conversionGraceDays: 2 };

  it.each([
    ['trial', false, '2026-03-31T10:00:00.000Z'],
    ['trial', true, '2026-04-02T10:00:00.000Z'],
    ['paid', false, '2026-03-31T10:00:00.000Z'],
    ['paid', true, '2026-04-07T10:00:00.000Z'],
  ] as const)('after a %s term, to be charged %s: %s', (kind, charged, until) => {
    expect(benefitsUntil({ kind, endsAt }, charged, pack)?.toISOString()).toBe(until);
  });

  it('is the end itself without grace, and nothing before a term began', () => {
    expect(benefitsUntil({ kind: 'trial', endsAt }, true, { ...pack, conversionGraceDays: 0 })).toEqual(endsAt);
    expect(benefitsUntil(null, true, pack)).toBeNull();
  });
});
