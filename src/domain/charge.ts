/**
 * What a charge is, how its attempts are named, and when a failed one is tried again (rules 6, 11). Whether the money
 * moved is never decided here: that is the gateway's word, carried by an outcome.
 */
import { HOUR_MS, plusDays, plusMs } from './instant.js';
import type { Money } from './money.js';
import type { PolicyNumbers } from './rule-pack.js';

export type ChargePurpose = 'first' | 'conversion' | 'renewal' | 'early_renewal' | 'add_on';
export type ChargeStatus = 'pending' | 'succeeded' | 'failed' | 'unknown';

/** soft: may work later · hard: needs another payment method · authentication: needs the member. */
export type DeclineKind = 'soft' | 'hard' | 'authentication';

export interface Charge {
  id: string;
  subscriptionId: string;
  termNumber: number;
  purpose: ChargePurpose;
  amountMinor: number;
  currency: string;
  status: ChargeStatus;
  /** Reference of the latest attempt. */
  reference: string;
  attempts: number;
  /** The gateway it goes through, by name. */
  gateway: string;
  /** The gateway's id of the payment that captured the money. */
  gatewayPaymentId: string | null;
  /** The authorization the latest attempt went through; null before it was sent. */
  mandateId: string | null;
  /** Set when the money came in after its reason had gone: all of it goes back. */
  unappliedAt: Date | null;
  /** Minor units that the member's bank holds back while a dispute is open. */
  disputedMinor: number;
  /** Minor units that the bank has taken back for good. */
  chargedBackMinor: number;
  createdAt: Date;
  settledAt: Date | null;
}

/** The first attempt, before anything was sent. `price`: what the member was told. */
export function newCharge(
  known: Pick<Charge, 'id' | 'subscriptionId' | 'termNumber' | 'purpose' | 'reference' | 'gateway' | 'createdAt'>,
  price: Money,
): Charge {
  return {
    ...known,
    ...price,
    status: 'pending',
    attempts: 1,
    gatewayPaymentId: null,
    mandateId: null,
    unappliedAt: null,
    disputedMinor: 0,
    chargedBackMinor: 0,
    settledAt: null,
  };
}

/** The name under which the gateway knows one attempt; the same facts always give the same name. */
export function chargeReference(
  subscriptionId: string,
  termNumber: number,
  purpose: ChargePurpose,
  attempt: number,
): string {
  return `charge_${subscriptionId}_${termNumber}_${purpose}_${attempt}`;
}

/** How long a market goes on asking for an overdue fee (5.1). */
export type Dunning = Pick<PolicyNumbers, 'dunningRetryHours' | 'dunningDays'>;

/** When an overdue charge that failed first at an instant is given up. */
export function giveUpAt(firstFailedAt: Date, { dunningDays }: Pick<Dunning, 'dunningDays'>): Date {
  return plusDays(firstFailedAt, dunningDays);
}

export type AfterDecline = { retryAt: Date | null; giveUpAt: Date } | 'give_up';

/**
 * What follows a decline of an overdue charge: the next retry of the market's schedule (12 h, 1, 2, 4 and 7 days after the
 * first failure where it says nothing else) when the decline was soft, otherwise a wait for the member; `give_up` once its
 * days have passed.
 */
export function planAfterDecline(decline: DeclineKind, firstFailedAt: Date, now: Date, dunning: Dunning): AfterDecline {
  const endsAt = giveUpAt(firstFailedAt, dunning);
  if (now >= endsAt) return 'give_up';
  if (decline !== 'soft') return { retryAt: null, giveUpAt: endsAt };
  const retries = dunning.dunningRetryHours.map((hours) => plusMs(firstFailedAt, hours * HOUR_MS));
  return { retryAt: retries.find((at) => at > now) ?? null, giveUpAt: endsAt };
}
