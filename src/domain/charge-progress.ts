/**
 * What the charge for the next term is doing, as a table of moves like the subscription's: from where, to where, and what
 * each keeps of the payment. `moveCharge` is the only function that changes it; a move that is not here does not exist.
 */

/**
 * none: no charge is open · moving: its outcome, not the clock, moves the subscription · waiting_for_member: the bank asks
 * the member to authenticate it · declined: overdue until it is tried again or given up.
 */
export const CHARGE_PROGRESS = ['none', 'moving', 'waiting_for_member', 'declined'] as const;
export type ChargeProgress = (typeof CHARGE_PROGRESS)[number];

/** What of a subscription says how its charge stands; only `moveCharge` changes it. */
export interface ChargeFacts {
  readonly chargeProgress: ChargeProgress;
  /** With it the member's device completes the authentication the bank asks for; null when none is asked. */
  readonly authenticationSecret: string | null;
  /** When the charge that keeps the membership past due failed first; null while nothing is overdue. */
  readonly firstFailedAt: Date | null;
  /** The next soft-decline retry; null where only the member can move the payment on. */
  readonly retryAt: Date | null;
}

export type ChargeMove =
  /** An attempt is written down, to be sent. */
  | { name: 'send' }
  /** An attempt was given up without an outcome; the next one is written down. */
  | { name: 'send_another' }
  /** The bank asks the member; `overdueSince`: since when the fee is overdue, null while it is not. */
  | { name: 'wait'; secret: string; overdueSince: Date | null }
  /** The attempt that waits for the member is withdrawn; the gateway's confirmation decides what follows. */
  | { name: 'withdraw' }
  /** A definitive no for a fee that is due; `retryAt`: null where only the member can move it on. */
  | { name: 'decline'; firstFailedAt: Date; retryAt: Date | null }
  /** A no, or a withdrawal, for a term that need not be paid yet. */
  | { name: 'drop' }
  /** Nothing is tried on schedule any more: the market sells no further term (5.4). */
  | { name: 'stop_retrying' }
  /** The bank asks the member to authenticate a payment method, no payment; null: it asks no more. */
  | { name: 'authenticate'; secret: string | null }
  /** Captured, or the membership has ended: nothing is open or overdue. */
  | { name: 'close' };

export type ChargeMoveName = ChargeMove['name'];

interface Row {
  from: readonly ChargeProgress[];
  /** null: the progress stays. */
  to: ChargeProgress | null;
}

/** From `none`, an outcome comes to a membership that had ended with its charge under way and was reopened since. */
export const CHARGE_MOVES: Readonly<Record<ChargeMoveName, Row>> = {
  send: { from: ['none', 'waiting_for_member', 'declined'], to: 'moving' },
  send_another: { from: ['none', 'moving'], to: 'moving' },
  wait: { from: ['none', 'moving'], to: 'waiting_for_member' },
  withdraw: { from: ['waiting_for_member'], to: 'moving' },
  decline: { from: ['none', 'moving', 'waiting_for_member'], to: 'declined' },
  drop: { from: ['none', 'moving', 'waiting_for_member'], to: 'none' },
  stop_retrying: { from: ['waiting_for_member', 'declined'], to: null },
  authenticate: { from: ['none', 'moving', 'declined'], to: null },
  close: { from: CHARGE_PROGRESS, to: 'none' },
};

/** How a subscription begins: no charge is open. */
export const NO_CHARGE: ChargeFacts = {
  chargeProgress: 'none',
  authenticationSecret: null,
  firstFailedAt: null,
  retryAt: null,
};

export function canMoveCharge(name: ChargeMoveName, from: ChargeProgress): boolean {
  return CHARGE_MOVES[name].from.includes(from);
}

/** The facts after the move. Throws where the move does not start here: the flow has not looked first. */
export function moveCharge(facts: ChargeFacts, move: ChargeMove): ChargeFacts {
  const { chargeProgress: from, authenticationSecret, firstFailedAt, retryAt } = facts;
  if (!canMoveCharge(move.name, from)) throw new Error(`a charge that is ${from} cannot ${move.name}`);
  const chargeProgress = CHARGE_MOVES[move.name].to ?? from;
  switch (move.name) {
    case 'send':
    case 'send_another':
      return { chargeProgress, authenticationSecret: null, firstFailedAt, retryAt: null };
    case 'wait':
      return { chargeProgress, authenticationSecret: move.secret, firstFailedAt: move.overdueSince, retryAt: null };
    case 'decline':
      return { chargeProgress, authenticationSecret: null, firstFailedAt: move.firstFailedAt, retryAt: move.retryAt };
    case 'withdraw':
    case 'drop':
      return { chargeProgress, authenticationSecret: null, firstFailedAt, retryAt };
    case 'stop_retrying':
      return { chargeProgress, authenticationSecret, firstFailedAt, retryAt: null };
    case 'authenticate':
      return { chargeProgress, authenticationSecret: move.secret, firstFailedAt, retryAt };
    case 'close':
      return NO_CHARGE;
  }
}
