/** Who is entitled at which instant, and why not: term, grace, and every boundary to the millisecond. */
import { decideEntitlement } from '../../src/domain/entitlement.js';
import type { SubscriptionStatus, TermKind } from '../../src/domain/subscription.js';
import type { ChargeProgress } from '../../src/domain/charge-progress.js';

const startsAt = new Date('2026-03-01T10:00:00.000Z');
const endsAt = new Date('2026-03-31T10:00:00.000Z');
const END = endsAt.toISOString();
const pack = { renewalGraceDays: 7, conversionGraceDays: 0 };
const graced = { renewalGraceDays: 7, conversionGraceDays: 2 };

function decide(
  state: [status: SubscriptionStatus, autoRenewal: boolean, progress: ChargeProgress],
  kind: TermKind,
  at: string,
  rules = pack,
): string {
  const [status, autoRenewal, chargeProgress] = state;
  const subscription = { status, autoRenewal, chargeProgress, suspendedAt: null };
  const { entitled, reason, clause, until } = decideEntitlement(
    subscription,
    { kind, startsAt, endsAt },
    rules,
    new Date(at),
  );
  return `${entitled ? 'yes' : 'no'} ${reason} ${clause} ${until?.toISOString() ?? 'never'}`;
}

const GRACE = 'yes grace 5.1 2026-04-07T10:00:00.000Z';

it.each([
  ['2026-03-01T09:59:59.999Z', 'no payment_pending 5.1 never'],
  ['2026-03-01T10:00:00.000Z', `yes member 4.1 ${END}`],
  ['2026-03-31T09:59:59.999Z', `yes member 4.1 ${END}`],
  ['2026-03-31T10:00:00.000Z', GRACE],
  ['2026-04-07T09:59:59.999Z', GRACE],
  ['2026-04-07T10:00:00.000Z', 'no payment_pending 5.1 never'],
])('active, to be renewed, at %s: %s', (at, answer) => {
  expect(decide(['active', true, 'none'], 'paid', at)).toBe(answer);
  expect(decide(['active', true, 'moving'], 'paid', at)).toBe(answer);
  // Switched off too late: the charge is under way.
  expect(decide(['active', false, 'moving'], 'paid', at)).toBe(answer);
});

it.each([
  ['2026-03-31T09:59:59.999Z', `yes member 4.1 ${END}`],
  ['2026-03-31T10:00:00.000Z', 'no ended 3.3.1 never'],
  ['2026-04-07T10:00:00.000Z', 'no ended 3.3.1 never'],
])('active, not to be renewed, at %s: %s', (at, answer) => {
  expect(decide(['active', false, 'none'], 'paid', at)).toBe(answer);
});

it.each([
  ['2026-03-31T10:00:00.000Z', GRACE],
  ['2026-04-07T09:59:59.999Z', GRACE],
  ['2026-04-07T10:00:00.000Z', 'no payment_failed 5.1 never'],
])('past due at %s: %s', (at, answer) => {
  for (const progress of ['declined', 'waiting_for_member', 'moving'] as const) {
    expect(decide(['past_due', true, progress], 'paid', at)).toBe(answer);
  }
});

it.each([
  [pack, '2026-03-01T10:00:00.000Z', `yes trial 3.2.1 ${END}`],
  [pack, '2026-03-31T09:59:59.999Z', `yes trial 3.2.1 ${END}`],
  [pack, '2026-03-31T10:00:00.000Z', 'no payment_pending 5.1 never'],
  [graced, '2026-03-31T10:00:00.000Z', 'yes grace 5.1 2026-04-02T10:00:00.000Z'],
  [graced, '2026-04-02T09:59:59.999Z', 'yes grace 5.1 2026-04-02T10:00:00.000Z'],
  [graced, '2026-04-02T10:00:00.000Z', 'no payment_pending 5.1 never'],
])('a trial with %j at %s: %s', (rules, at, answer) => {
  expect(decide(['trialing', true, 'none'], 'trial', at, rules)).toBe(answer);
});

it('a trial that was opted out of ends at its end, grace or not', () => {
  expect(decide(['trialing', false, 'none'], 'trial', '2026-03-31T09:59:59.999Z', graced)).toBe(
    `yes trial 3.2.1 ${END}`,
  );
  expect(decide(['trialing', false, 'none'], 'trial', END, graced)).toBe('no ended 3.2.1 never');
});

it.each(['abandoned', 'expired', 'canceled', 'revoked', 'discontinued'] as const)(
  'one that is %s gives nothing, even inside its term',
  (status) => {
    expect(decide([status, true, 'none'], 'paid', '2026-03-10T10:00:00.000Z')).toBe('no ended 5.1 never');
    const subscription = { status, autoRenewal: true, chargeProgress: 'none', suspendedAt: null } as const;
    expect(decideEntitlement(subscription, null, pack, startsAt)).toMatchObject({ entitled: false, reason: 'ended' });
  },
);

it('needs a membership, and a first payment', () => {
  const none = { entitled: false, until: null };
  const waiting = {
    status: 'pending_payment',
    autoRenewal: true,
    chargeProgress: 'moving',
    suspendedAt: null,
  } as const;
  expect(decideEntitlement(null, null, pack, startsAt)).toEqual({ ...none, reason: 'no_membership', clause: '1.3' });
  expect(decideEntitlement(waiting, null, pack, startsAt)).toEqual({
    ...none,
    reason: 'payment_pending',
    clause: '3.1.2',
  });
});
