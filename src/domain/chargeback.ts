/**
 * What a chargeback is: money that the member's bank takes back of a payment, for as long as the dispute is open or for
 * good. Who is right is decided by the bank.
 */
import { DAY_MS, plusMs } from './instant.js';
import { restMinor } from './refund.js';

export type ChargebackStatus = 'open' | 'won' | 'lost';

export interface Chargeback {
  id: string;
  chargeId: string;
  subscriptionId: string;
  /** By name. */
  gateway: string;
  gatewayDisputeId: string;
  amountMinor: number;
  /** Of a lost one: what of the fee it took that no refund had returned, and a credit note says so. */
  creditedMinor: number;
  currency: string;
  /** As the gateway calls it, such as `fraudulent`. */
  reason: string;
  status: ChargebackStatus;
  openedAt: Date;
  closedAt: Date | null;
  /** When the gateway is asked again; null once it is decided. */
  nextQueryAt: Date | null;
}

export interface Covered<T> {
  refund: T;
  /** Minor units of it. */
  coveredMinor: number;
}

/** The refunds that what the bank took has paid, the oldest first; of the last one maybe a part. */
export function coveredRefunds<T extends { amountMinor: number; paidMinor: number }>(
  owed: readonly T[],
  takenMinor: number,
): Covered<T>[] {
  let leftMinor = takenMinor;
  return owed.flatMap((refund) => {
    const coveredMinor = Math.min(restMinor(refund), leftMinor);
    leftMinor -= coveredMinor;
    return coveredMinor === 0 ? [] : [{ refund, coveredMinor }];
  });
}

/** An open dispute is asked for every day at first, then ever less often, but at least every three days. */
export function askAgainAt(openedAt: Date, now: Date): Date {
  const openForMs = now.getTime() - openedAt.getTime();
  return plusMs(now, Math.min(Math.max(openForMs / 4, DAY_MS), 3 * DAY_MS));
}
