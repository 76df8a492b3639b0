/** How a refund is shown: an allow-list with the calculation that made it. */
import type { Refund, RefundStatus } from '../domain/refund.js';

export class RefundView {
  id: string;
  subscriptionId: string;
  chargeId: string;
  /** Minor units. */
  amount: number;
  currency: string;
  basis: string;
  clause: string;
  status: RefundStatus;
  /** The inputs and the formula. */
  calculation: object;
  createdAt: Date;
  settledAt: Date | null;
}

export function viewRefund(refund: Refund): RefundView {
  const { id, subscriptionId, chargeId, amountMinor, currency, basis, clause, status, calculation } = refund;
  const { createdAt, settledAt } = refund;
  return {
    id,
    subscriptionId,
    chargeId,
    amount: amountMinor,
    currency,
    basis,
    clause,
    status,
    calculation,
    createdAt,
    settledAt,
  };
}
