/**
 * What a gateway can answer, in our words. Unknown is an answer of its own: it is never read as a failure, and what the
 * gateway refused is never read as unknown.
 */
import type { DeclineKind } from '../domain/charge.js';
import type { ChargebackStatus } from '../domain/chargeback.js';
import type { Money } from '../domain/money.js';
import type { StoredMethod } from '../subscriptions/mandate.store.js';

export type Outcome = (
  | { kind: 'succeeded'; gatewayId: string; method: StoredMethod | null }
  /** The bank, or the member's method, says no: nothing moved. */
  | { kind: 'declined'; gatewayId: string | null; code: string; decline: DeclineKind }
  /** The gateway will not carry this request out, whoever pays: nothing moved, and asking again changes nothing. */
  | { kind: 'refused'; gatewayId: string | null; code: string }
  /** Taken back before it was decided, by us or at the gateway. */
  | { kind: 'withdrawn'; gatewayId: string | null }
  /** Under way at the gateway; `patienceMs`: how long that may take before a person looks. */
  | { kind: 'processing'; gatewayId: string; detail: string; patienceMs: number }
  | { kind: 'waiting_for_member'; gatewayId: string; clientSecret: string }
  /** No usable answer. `sameAnswer`: one that may be kept under the reference for good; the same thrice is given up. */
  | { kind: 'unknown'; detail: string; sameAnswer?: string }
  /** The answer does not fit what was asked: a person must look. */
  | { kind: 'contradicts'; detail: string }
  /** Nobody has listened: nothing was consumed, the same is sent later. `locked_out`: the gateway does not let us in. */
  | { kind: 'not_heard'; because: 'locked_out' | 'busy'; detail: string; retryAfterMs: number | null }
) & { said?: Said };

export type OutcomeKind = Outcome['kind'];

/** The gateway's own words, for the log and for a person. */
export interface Said {
  /** The gateway's name of the call. */
  requestId: string | null;
  /** HTTP status, or null where no answer came. */
  status: number | null;
  words: string;
}

/** Our own codes, beside those of a bank. */
export const WITHDRAWN = 'withdrawn';
export const METHOD_REJECTED = 'payment_method_rejected';
export const CUSTOMER_GONE = 'customer_gone';
export const CHARGE_DISPUTED = 'charge_disputed';
export const GIVEN_UP = 'given_up';
export const DECIDED_NOT_MOVED = 'decided_not_moved';

/** What an attempt asks, frozen when it is first sent: every repeat asks the same. */
export type Order =
  | ({
      kind: 'charge';
      customer: string;
      method: string;
      /** The member is not there: nothing can be authenticated. */
      offSession: boolean;
      /** Keep the method for later charges when this one succeeds. */
      keepMethod: boolean;
    } & Money)
  /** Checks that a method can be charged without the member, without taking money. */
  | { kind: 'validation'; customer: string; method: string }
  /** `payment`: the gateway's id of what it captured. */
  | ({
      kind: 'refund';
      payment: string;
      /** Of one that others had made: how much of it pays what was owed; all of it without. */
      paysMinor?: number;
    } & Money);

/** Money that went back of a payment, as the gateway tells it now. */
export interface GatewayRefund extends Money {
  gatewayRefundId: string;
  paymentId: string | null;
  reference: string | null;
  /** failed: it did not, or did not stay. */
  status: 'succeeded' | 'processing' | 'failed';
}

/** A dispute as the gateway tells it now. */
export interface GatewayDispute extends Money {
  gatewayDisputeId: string;
  paymentId: string | null;
  /** Of the payment, where it carries one. */
  reference: string | null;
  reason: string;
  /**
   * inquiry: the bank asks, no money is taken yet · null: none is taken, and it is over · unreadable: the gateway uses a
   * word that is not known here.
   */
  status: ChargebackStatus | 'inquiry' | 'unreadable' | null;
  /** By when evidence can be handed in; null where none is heard. */
  answerBy: Date | null;
}

/** What a gateway tells unasked. It is never believed: the gateway is asked about what it names. */
export interface GatewayNotice {
  id: string;
  /** In the gateway's words, for the record. */
  type: string;
  about: 'request' | 'refund' | 'dispute' | 'fraud_warning' | 'nothing';
  objectId: string;
  /** The reference of a request it names, where that is readable. */
  reference: string | null;
  /** The decision of the request that this only repeats; null where it may say something new. */
  repeats: 'succeeded' | 'failed' | null;
}
