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

/** The refunds that what the bank took has paid: the oldest first, each wholly or not at all. */
export function coveredRefunds<T extends { amountMinor: number; paidMinor: number }>(
  owed: readonly T[],
  takenMinor: number,
): T[] {
  let leftMinor = takenMinor;
  return owed.filter((refund) => {
    const owedMinor = restMinor(refund);
    if (owedMinor > leftMinor) return false;
    leftMinor -= owedMinor;
    return true;
  });
}

/** An open dispute is asked for every day at first, then ever less often, but at least every three days. */
export function askAgainAt(openedAt: Date, now: Date): Date {
  const openForMs = now.getTime() - openedAt.getTime();
  return plusMs(now, Math.min(Math.max(openForMs / 4, DAY_MS), 3 * DAY_MS));
}
