/**
 * Every status × move × actor, against the table below, which is written out here and never read from the code: what
 * is not in it is refused.
 */
import { MOVES, makeMove, type MoveName } from '../../src/domain/moves.js';
import { Refusal } from '../../src/domain/refusal.js';
import { SUBSCRIPTION_STATUSES, isLive, type Actor, type SubscriptionStatus } from '../../src/domain/subscription.js';

type Row = [move: MoveName, from: SubscriptionStatus, to: SubscriptionStatus, actors: string, clause: string];

const ALLOWED: Row[] = [
  ['begin_trial', 'pending_payment', 'trialing', 'gateway', '3.2.1'],
  ['activate', 'pending_payment', 'active', 'gateway', '3.3.1'],
  ['begin_temporary', 'pending_payment', 'active', 'operations', '8.2'],
  ['abandon', 'pending_payment', 'abandoned', 'gateway scheduler', '3.1.2'],
  ['open_charge', 'trialing', 'trialing', 'scheduler', '3.3.1'],
  ['open_charge', 'active', 'active', 'scheduler', '3.3.1'],
  ['convert', 'trialing', 'active', 'gateway', '3.2.1'],
  ['convert', 'past_due', 'active', 'gateway', '3.2.1'],
  ['renew', 'active', 'active', 'gateway', '3.3.1'],
  ['renew', 'past_due', 'active', 'gateway', '3.3.1'],
  ['fall_past_due', 'trialing', 'past_due', 'gateway', '5.1'],
  ['fall_past_due', 'active', 'past_due', 'gateway', '5.1'],
  ['retry_payment', 'past_due', 'past_due', 'member scheduler gateway risk', '5.1'],
  ['expire', 'trialing', 'expired', 'scheduler gateway', '5.1'],
  ['expire', 'active', 'expired', 'scheduler gateway', '5.1'],
  ['expire', 'past_due', 'expired', 'scheduler gateway', '5.1'],
  ['cancel', 'pending_payment', 'canceled', 'member', '3.4.2'],
  ['cancel', 'trialing', 'canceled', 'member', '3.4.2'],
  ['cancel', 'active', 'canceled', 'member', '3.4.2'],
  ['cancel', 'past_due', 'canceled', 'member', '3.4.2'],
  ['switch_auto_renewal', 'trialing', 'trialing', 'member', '3.3.1'],
  ['switch_auto_renewal', 'active', 'active', 'member', '3.3.1'],
  ['give_consent', 'trialing', 'trialing', 'member', '3.2.1'],
  ['buy_next_term', 'active', 'active', 'member', '3.3.1'],
  ['cancel_next_term', 'active', 'active', 'member', '3.3.1'],
  ['begin_next_term', 'active', 'active', 'scheduler', '3.3.1'],
  ['suspend', 'trialing', 'trialing', 'risk gateway', '5.2'],
  ['suspend', 'active', 'active', 'risk gateway', '5.2'],
  ['suspend', 'past_due', 'past_due', 'risk gateway', '5.2'],
  ['reinstate', 'trialing', 'trialing', 'risk gateway scheduler', '6.1.2'],
  ['reinstate', 'active', 'active', 'risk gateway scheduler', '6.1.2'],
  ['reinstate', 'past_due', 'past_due', 'risk gateway scheduler', '6.1.2'],
  ['revoke', 'pending_payment', 'revoked', 'risk', '5.3'],
  ['revoke', 'trialing', 'revoked', 'risk', '5.3'],
  ['revoke', 'active', 'revoked', 'risk', '5.3'],
  ['revoke', 'past_due', 'revoked', 'risk', '5.3'],
  ['discontinue', 'pending_payment', 'discontinued', 'scheduler', '5.4'],
  ['discontinue', 'trialing', 'discontinued', 'scheduler', '5.4'],
  ['discontinue', 'active', 'discontinued', 'scheduler', '5.4'],
  ['discontinue', 'past_due', 'discontinued', 'scheduler', '5.4'],
  ['reopen', 'expired', 'active', 'risk gateway', '6.1.2'],
  ['reopen', 'revoked', 'active', 'risk gateway', '6.1.2'],
  ['reopen_trial', 'expired', 'trialing', 'risk gateway', '6.1.2'],
  ['reopen_trial', 'revoked', 'trialing', 'risk gateway', '6.1.2'],
  ['replace_payment_method', 'trialing', 'trialing', 'member', '3.3.1'],
  ['replace_payment_method', 'active', 'active', 'member', '3.3.1'],
  ['replace_payment_method', 'past_due', 'past_due', 'member', '3.3.1'],
  ['transfer_entity', 'pending_payment', 'pending_payment', 'scheduler risk gateway', '8.3'],
  ['transfer_entity', 'trialing', 'trialing', 'scheduler risk gateway', '8.3'],
  ['transfer_entity', 'active', 'active', 'scheduler risk gateway', '8.3'],
  ['transfer_entity', 'past_due', 'past_due', 'scheduler risk gateway', '8.3'],
];

const MOVE_NAMES: MoveName[] = [
  'begin_trial',
  'activate',
  'begin_temporary',
  'abandon',
  'open_charge',
  'convert',
  'renew',
  'fall_past_due',
  'retry_payment',
  'expire',
  'cancel',
  'switch_auto_renewal',
  'give_consent',
  'buy_next_term',
  'cancel_next_term',
  'begin_next_term',
  'suspend',
  'reinstate',
  'revoke',
  'reopen',
  'reopen_trial',
  'discontinue',
  'replace_payment_method',
  'transfer_entity',
];
const ACTORS: Actor[] = ['member', 'scheduler', 'gateway', 'risk', 'operations', 'finance'];

function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was allowed');
}

describe.each(MOVE_NAMES)('%s', (move) => {
  describe.each(SUBSCRIPTION_STATUSES)('from %s', (from) => {
    const row = ALLOWED.find(([name, start]) => name === move && start === from);

    it.each(ACTORS)('by the %s', (actor) => {
      if (row?.[3].split(' ').includes(actor)) {
        expect(makeMove(move, from, actor)).toBe(row[2]);
        return;
      }
      const refusal = refusalOf(() => makeMove(move, from, actor));
      expect(refusal.code).toBe('not_allowed_in_state');
      // The status is looked at before the actor.
      expect(refusal.message).toContain(row === undefined ? `is ${from}` : `not for ${actor}`);
      expect(refusal.clause).toBe(ALLOWED.find(([name]) => name === move)?.[4]);
    });
  });
});

it('names every move', () => {
  expect(Object.keys(MOVES).sort()).toEqual([...MOVE_NAMES].sort());
});

it('moves nothing that has ended, but for the reopening after a mistaken finding', () => {
  const ended = SUBSCRIPTION_STATUSES.filter((status) => !isLive(status));
  expect(ended).toEqual(['abandoned', 'expired', 'canceled', 'revoked', 'discontinued']);
  const moving = Object.entries(MOVES).filter(([, { from }]) => from.some((status) => !isLive(status)));
  expect(moving.map(([name]) => name)).toEqual(['reopen', 'reopen_trial']);
});

it('says what was refused in words', () => {
  expect(refusalOf(() => makeMove('switch_auto_renewal', 'past_due', 'member')).message).toBe(
    'cannot switch auto renewal: the subscription is past_due, it would have to be trialing, active',
  );
  expect(refusalOf(() => makeMove('abandon', 'pending_payment', 'member')).message).toBe(
    'cannot abandon: this is for gateway or scheduler, not for member',
  );
});
