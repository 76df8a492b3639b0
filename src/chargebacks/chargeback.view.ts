/** How a chargeback is shown to finance: an allow-list. */
import type { Chargeback, ChargebackStatus } from '../domain/chargeback.js';

export class ChargebackView {
  id: string;
  chargeId: string;
  subscriptionId: string;
  gatewayDisputeId: string;
  /** Minor units that the bank took. */
  amount: number;
  currency: string;
  /** As the gateway calls it. */
  reason: string;
  status: ChargebackStatus;
  openedAt: Date;
  closedAt: Date | null;
}

export function viewChargeback(chargeback: Chargeback): ChargebackView {
  const { id, chargeId, subscriptionId, gatewayDisputeId, amountMinor: amount, currency } = chargeback;
  const { reason, status, openedAt, closedAt } = chargeback;
  return { id, chargeId, subscriptionId, gatewayDisputeId, amount, currency, reason, status, openedAt, closedAt };
}
