/** Breach and its correction: the clause of each finding, what can be reopened, and whole days given back. */
import { followedFrom, giveBack, revocationClause } from '../../src/domain/sanction.js';
import { SUBSCRIPTION_STATUSES, type SubscriptionStatus, type SuspensionCause } from '../../src/domain/subscription.js';
import { REVOCATION_REASONS, type EndReason } from '../../src/domain/end-reason.js';

it('rests every finding on its clause', () => {
  expect(REVOCATION_REASONS.map((reason) => `${reason} ${revocationClause(reason)}`)).toEqual([
    'stolen_identity 4.7',
    'multiple_accounts 4.7',
    'unfair_ordering 4.7',
    'benefit_sharing 4.5',
    'bad_faith 4.7',
    'improper_use 4.6',
    'account_terminated 5.3',
  ]);
});

it.each<[SuspensionCause, SuspensionCause | null, EndReason, SubscriptionStatus[]]>([
  ['finding', 'finding', 'suspended', ['expired', 'revoked']],
  ['finding', 'chargeback', 'suspended', ['revoked']],
  ['finding', 'finding', 'payment_failed', ['revoked']],
  ['finding', null, 'auto_renewal_off', ['revoked']],
  ['chargeback', 'chargeback', 'suspended', ['expired']],
  ['chargeback', 'finding', 'suspended', []],
  ['chargeback', 'chargeback', 'auto_renewal_off', []],
])(
  'a %s lifted, of what was suspended for %s and ended by %s, reopens %j',
  (cause, suspendedFor, endReason, reopened) => {
    const followed = SUBSCRIPTION_STATUSES.filter((status) => followedFrom(cause, { status, endReason, suspendedFor }));
    expect(followed).toEqual(reopened);
  },
);

const endsAt = new Date('2027-03-01T10:00:00.000Z');
const from = new Date('2026-06-01T00:00:00.000Z');
it.each([
  ['2026-06-01T00:00:00.000Z', 0, '2027-03-01T10:00:00.000Z'],
  ['2026-06-01T00:00:00.001Z', 1, '2027-03-02T10:00:00.000Z'],
  ['2026-06-02T00:00:00.000Z', 1, '2027-03-02T10:00:00.000Z'],
  ['2026-06-02T00:00:00.001Z', 2, '2027-03-03T10:00:00.000Z'],
  ['2026-07-01T00:00:00.000Z', 30, '2027-03-31T10:00:00.000Z'],
])('lost until %s: %i days are given back, to %s', (to, days, until) => {
  expect(giveBack(endsAt, from, new Date(to))).toEqual({ days, endsAt: new Date(until) });
});
