/**
 * What a check of the books is: one invariant, said in a sentence and asked in one query that returns the rows which
 * break it. Zero rows are expected at every moment, also in the middle of a run.
 */
export interface Check {
  /** As in docs/REPORTS.md. */
  id: string;
  /** What must hold. */
  sentence: string;
  /** Returns the rows that break it. `$1` is what `given` names. */
  sql: string;
  /** now: business time, as timestamptz · movements: what the gateway holds, as jsonb. */
  given?: 'now' | 'movements';
}

/** A movement at the gateway, as its record tells it; amounts in minor units. */
export interface Movement {
  /**
   * `capture`, `refund` and `refund_failure`, which takes a refund back; `chargeback` and `chargeback_reversal`, what a
   * bank takes and gives back; others are no cash of ours.
   */
  type: string;
  paymentIntent: string | null;
  /** The reference we gave it; null for what did not come from here. */
  reference: string | null;
  amount: number;
  currency: string;
  /** Of a refund, the gateway's id. */
  refund?: string | null;
  /** True when it was there before our rows were read: newer ones may not have been heard of yet. */
  before: boolean;
}
