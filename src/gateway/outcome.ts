/** What the gateway can answer. Unknown is an answer of its own: it is never read as a failure. */
import type { ChargebackStatus } from '../domain/chargeback.js';
import type { StoredMethod } from '../subscriptions/mandate.store.js';

export type Outcome =
  | { kind: 'succeeded'; gatewayId: string; method: StoredMethod | null }
  | { kind: 'failed'; gatewayId: string | null; code: string }
  | { kind: 'waiting_for_member'; gatewayId: string; clientSecret: string }
  /** `suspect`: the answer contradicts what was asked, and a person must look. */
  | { kind: 'unknown'; detail: string; suspect?: boolean };

/** The request was withdrawn before the gateway decided it. */
export const WITHDRAWN = 'withdrawn';
export const METHOD_REJECTED = 'payment_method_rejected';
export const CHARGE_DISPUTED = 'charge_disputed';

/** A dispute as the gateway tells it now. */
export interface GatewayDispute {
  gatewayDisputeId: string;
  paymentId: string | null;
  /** Of the payment, where it carries one. */
  reference: string | null;
  amountMinor: number;
  currency: string;
  reason: string;
  /** Null where no money is taken: an inquiry of the bank, or a dispute that was prevented. */
  status: ChargebackStatus | null;
  /** By when evidence can be handed in; null where none is heard. */
  answerBy: Date | null;
}
