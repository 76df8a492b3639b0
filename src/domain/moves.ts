/**
 * Every move a subscription can make, as data: from where, to where, who may make it, and the clause. `docs/LIFECYCLE.md`
 * shows this table and a test holds the two equal. A move that is not here does not exist.
 */
import { Refusal } from './refusal.js';
import type { Actor, SubscriptionStatus } from './subscription.js';

export interface Move {
  from: readonly SubscriptionStatus[];
  /** null: the status stays. */
  to: SubscriptionStatus | null;
  actors: readonly Actor[];
  clause: string;
}

export const MOVES = {
  begin_trial: { from: ['pending_payment'], to: 'trialing', actors: ['gateway'], clause: '3.2.1' },
  activate: { from: ['pending_payment'], to: 'active', actors: ['gateway'], clause: '3.3.1' },
  begin_temporary: { from: ['pending_payment'], to: 'active', actors: ['operations'], clause: '8.2' },
  abandon: { from: ['pending_payment'], to: 'abandoned', actors: ['gateway', 'scheduler'], clause: '3.1.2' },
  open_charge: { from: ['trialing', 'active'], to: null, actors: ['scheduler'], clause: '3.3.1' },
  convert: { from: ['trialing', 'past_due'], to: 'active', actors: ['gateway'], clause: '3.2.1' },
  renew: { from: ['active', 'past_due'], to: 'active', actors: ['gateway'], clause: '3.3.1' },
  fall_past_due: { from: ['trialing', 'active'], to: 'past_due', actors: ['gateway'], clause: '5.1' },
  buy_next_term: { from: ['active'], to: null, actors: ['member'], clause: '3.3.1' },
  cancel_next_term: { from: ['active'], to: null, actors: ['member'], clause: '3.3.1' },
  begin_next_term: { from: ['active'], to: null, actors: ['scheduler'], clause: '3.3.1' },
  retry_payment: { from: ['past_due'], to: null, actors: ['member', 'scheduler', 'gateway', 'risk'], clause: '5.1' },
  expire: {
    from: ['trialing', 'active', 'past_due'],
    to: 'expired',
    actors: ['scheduler', 'gateway'],
    clause: '5.1',
  },
  cancel: {
    from: ['pending_payment', 'trialing', 'active', 'past_due'],
    to: 'canceled',
    actors: ['member'],
    clause: '3.4.2',
  },
  switch_auto_renewal: { from: ['trialing', 'active'], to: null, actors: ['member'], clause: '3.3.1' },
  give_consent: { from: ['trialing'], to: null, actors: ['member'], clause: '3.2.1' },
  suspend: { from: ['trialing', 'active', 'past_due'], to: null, actors: ['risk', 'gateway'], clause: '5.2' },
  reinstate: {
    from: ['trialing', 'active', 'past_due'],
    to: null,
    actors: ['risk', 'gateway', 'scheduler'],
    clause: '6.1.2',
  },
  revoke: {
    from: ['pending_payment', 'trialing', 'active', 'past_due'],
    to: 'revoked',
    actors: ['risk'],
    clause: '5.3',
  },
  reopen: { from: ['expired', 'revoked'], to: 'active', actors: ['risk', 'gateway'], clause: '6.1.2' },
  reopen_trial: { from: ['expired', 'revoked'], to: 'trialing', actors: ['risk', 'gateway'], clause: '6.1.2' },
  discontinue: {
    from: ['pending_payment', 'trialing', 'active', 'past_due'],
    to: 'discontinued',
    actors: ['scheduler'],
    clause: '5.4',
  },
  replace_payment_method: {
    from: ['trialing', 'active', 'past_due'],
    to: null,
    actors: ['member'],
    clause: '3.3.1',
  },
  transfer_entity: {
    from: ['pending_payment', 'trialing', 'active', 'past_due'],
    to: null,
    // The actor who reopens a membership also applies the transfers it missed.
    actors: ['scheduler', 'risk', 'gateway'],
    clause: '8.3',
  },
} as const satisfies Record<string, Move>;

export type MoveName = keyof typeof MOVES;

/**
 * The status after the move. Refuses `not_allowed_in_state` when the move does not start at this status, or is not
 * this actor's to make.
 */
export function makeMove(name: MoveName, from: SubscriptionStatus, actor: Actor): SubscriptionStatus {
  const move: Move = MOVES[name];
  const words = name.replaceAll('_', ' ');
  if (!move.from.includes(from)) {
    const states = move.from.join(', ');
    throw new Refusal(
      'not_allowed_in_state',
      `cannot ${words}: the subscription is ${from}, it would have to be ${states}`,
      move.clause,
    );
  }
  if (!move.actors.includes(actor)) {
    const who = move.actors.join(' or ');
    throw new Refusal('not_allowed_in_state', `cannot ${words}: this is for ${who}, not for ${actor}`, move.clause);
  }
  return move.to ?? from;
}
