/** What a decided charge does to its subscription, captured or declined, and how late it may come. */
import type { ChargePurpose, DeclineKind } from '../../src/domain/charge.js';
import {
  settleCapture,
  settleDecline,
  type CaptureFacts,
  type DeclineEffect,
  type DeclineFacts,
} from '../../src/domain/settlement.js';
import type { SubscriptionStatus } from '../../src/domain/subscription.js';

const at = (iso: string): Date => new Date(iso);
const oldEnd = at('2026-03-31T10:00:00.000Z');
const graceEnd = at('2026-04-07T10:00:00.000Z');
const ENDED: SubscriptionStatus[] = ['abandoned', 'expired', 'canceled', 'revoked', 'discontinued'];
const PURPOSES: ChargePurpose[] = ['first', 'conversion', 'renewal'];

const RENEWAL: CaptureFacts = {
  status: 'active',
  purpose: 'renewal',
  paidAt: oldEnd,
  lastTermEndsAt: oldEnd,
  benefitsUntil: graceEnd,
  paidTermDays: 365,
};

describe('captured money', () => {
  it.each(['trialing', 'active', 'past_due', 'canceled'] as const)(
    'for an add-on never starts a term: %s',
    (status) => {
      expect(settleCapture({ ...RENEWAL, status, purpose: 'add_on' })).toEqual({ kind: 'give_back', clause: '3.3.1' });
    },
  );

  describe.each(ENDED)('after the subscription is %s', (status) => {
    it.each(PURPOSES)('for a %s goes back', (purpose) => {
      expect(settleCapture({ ...RENEWAL, status, purpose })).toEqual({ kind: 'give_back', clause: '3.3.1' });
    });
  });

  it.each([
    // Nothing ran before: from the payment.
    ['pending_payment', 'first', '2026-03-01T10:00:00.000Z', null, null, '2026-03-01T10:00:00.000Z'],
    // No grace after a trial: at its end benefits are off, so from the payment.
    ['trialing', 'conversion', '2026-03-31T10:00:00.000Z', oldEnd, oldEnd, '2026-03-31T10:00:00.000Z'],
    ['trialing', 'conversion', '2026-03-31T10:00:07.000Z', oldEnd, oldEnd, '2026-03-31T10:00:07.000Z'],
    ['past_due', 'conversion', '2026-04-02T08:00:00.000Z', oldEnd, oldEnd, '2026-04-02T08:00:00.000Z'],
    // A trial with grace goes on without a gap.
    ['past_due', 'conversion', '2026-04-02T08:00:00.000Z', oldEnd, graceEnd, '2026-03-31T10:00:00.000Z'],
    ['active', 'renewal', '2026-03-31T10:00:00.000Z', oldEnd, graceEnd, '2026-03-31T10:00:00.000Z'],
    ['past_due', 'renewal', '2026-04-07T09:59:59.999Z', oldEnd, graceEnd, '2026-03-31T10:00:00.000Z'],
    ['past_due', 'renewal', '2026-04-07T10:00:00.000Z', oldEnd, graceEnd, '2026-04-07T10:00:00.000Z'],
    ['past_due', 'renewal', '2026-04-07T10:00:00.001Z', oldEnd, graceEnd, '2026-04-07T10:00:00.001Z'],
  ] as const)(
    'in %s for a %s, paid %s, after %j, benefits until %j: from %s',
    (status, purpose, paidAt, end, until, startsAt) => {
      const effect = settleCapture({
        status,
        purpose,
        paidAt: at(paidAt),
        lastTermEndsAt: end,
        benefitsUntil: until,
        paidTermDays: 365,
      });
      const move = { first: 'activate', conversion: 'convert', renewal: 'renew' }[purpose];
      const clause = { first: '3.3.1', conversion: '3.2.1', renewal: '3.3.1' }[purpose];
      const endsAt = new Date(Date.parse(startsAt) + 365 * 86_400_000);
      expect(effect).toEqual({ kind: 'start_term', move, startsAt: at(startsAt), endsAt, clause });
    },
  );

  it('runs the days of the pack, 29 February or not', () => {
    const effect = settleCapture({ ...RENEWAL, lastTermEndsAt: at('2027-03-01T00:00:00.000Z') });
    expect(effect).toMatchObject({ endsAt: at('2028-02-29T00:00:00.000Z') });
    expect(settleCapture({ ...RENEWAL, paidTermDays: 30 })).toMatchObject({ endsAt: at('2026-04-30T10:00:00.000Z') });
  });
});

describe('a decline', () => {
  const failed = at('2026-03-31T10:00:00.000Z');
  const now = at('2026-04-01T10:00:00.000Z');
  const dunning = { dunningRetryHours: [12, 24, 48, 96, 168], dunningDays: 7 };
  const OVERDUE = { purpose: 'renewal', status: 'past_due', dunning } as const;
  const decline = (facts: Partial<DeclineFacts>): DeclineEffect =>
    settleDecline({ ...OVERDUE, decline: 'soft', firstFailedAt: failed, now, ...facts });
  const KINDS: DeclineKind[] = ['soft', 'hard', 'authentication'];

  it('does nothing to a membership whose early renewal is declined', () => {
    for (const kind of KINDS) {
      expect(decline({ purpose: 'early_renewal', status: 'active', decline: kind, firstFailedAt: null })).toEqual({
        kind: 'none',
      });
    }
  });

  it.each(ENDED)('does nothing to one that is %s', (status) => {
    for (const kind of KINDS) expect(decline({ status, decline: kind })).toEqual({ kind: 'none' });
  });

  it.each(KINDS)('ends a subscription that waits for its first payment: %s', (kind) => {
    expect(decline({ status: 'pending_payment', decline: kind, firstFailedAt: null })).toEqual({
      kind: 'end',
      move: 'abandon',
      reason: 'payment_declined',
      clause: '3.1.2',
    });
  });

  it.each(['trialing', 'active'] as const)('makes one that is %s overdue from now', (status) => {
    const overdue = { kind: 'overdue', firstFailedAt: now, clause: '5.1' };
    const tomorrowNoon = at('2026-04-01T22:00:00.000Z');
    expect(decline({ status, firstFailedAt: null })).toEqual({ ...overdue, retryAt: tomorrowNoon });
    expect(decline({ status, firstFailedAt: null, decline: 'hard' })).toEqual({ ...overdue, retryAt: null });
    expect(decline({ status, firstFailedAt: null, decline: 'authentication' })).toEqual({ ...overdue, retryAt: null });
  });

  it('counts from the first failure, not from the latest', () => {
    expect(decline({})).toEqual({
      kind: 'overdue',
      firstFailedAt: failed,
      retryAt: at('2026-04-02T10:00:00.000Z'),
      clause: '5.1',
    });
  });

  it.each(KINDS)('seven days after the first one ends it: %s', (kind) => {
    const last = { decline: kind, now: at('2026-04-07T09:59:59.999Z') };
    expect(decline(last)).toMatchObject({ kind: 'overdue', firstFailedAt: failed });
    expect(decline({ ...last, now: at('2026-04-07T10:00:00.000Z') })).toEqual({
      kind: 'end',
      move: 'expire',
      reason: 'payment_failed',
      clause: '5.1',
    });
  });
});
