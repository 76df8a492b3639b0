/**
 * Writes down money that went back of a charge without us as a refund of its own, paid: it counts as returned, is posted,
 * told on the timeline with who found it, and waits for finance to give it its reason.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Charge } from '../domain/charge.js';
import { formatMoney, type Money } from '../domain/money.js';
import type { Refund } from '../domain/refund.js';
import type { GatewayRefund } from '../gateway/outcome.js';
import { RequestStore } from '../gateway/request.store.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { Ledger } from '../ledger/ledger.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { RefundStore } from './refund.store.js';

/** Goodwill, for as long as finance says nothing else (6.2). */
const CLAUSE = '6.2';

@Injectable()
export class RecordFoundRefund {
  constructor(
    private readonly refunds: RefundStore,
    private readonly requests: RequestStore,
    private readonly ledger: Ledger,
    private readonly cashLedger: CashLedger,
    private readonly cases: CaseStore,
  ) {}

  /** All of what went back. */
  async record(change: Change, charge: Charge, found: GatewayRefund, foundBy: string): Promise<void> {
    const { gatewayRefundId, reference, paymentId, amountMinor, currency } = found;
    const refund = await this.insert(change, charge, found, { gatewayRefundId, foundBy });
    await this.requests.adopt(change, {
      kind: 'refund',
      subjectId: refund.id,
      reference: reference ?? `found_${gatewayRefundId}`,
      attempt: 1,
      gateway: charge.gateway,
      asks: { kind: 'refund', payment: paymentId ?? '', amountMinor, currency },
      gatewayId: gatewayRefundId,
    });
  }

  /** What went back beyond what was owed of the charge, in one movement with it. */
  async recordExcess(change: Change, charge: Charge, excess: Money, gatewayRefundId: string): Promise<void> {
    await this.insert(change, charge, excess, { gatewayRefundId, foundBy: 'a look before a refund' }, true);
  }

  private async insert(
    change: Change,
    charge: Charge,
    { amountMinor, currency }: Money,
    found: { gatewayRefundId: string; foundBy: string },
    isExcess = false,
  ): Promise<Refund> {
    const { tx, now } = change;
    const { gatewayRefundId, foundBy } = found;
    const words = formatMoney({ amountMinor, currency });
    const otherwise = {
      paidOtherwiseAt: now,
      paidOtherwiseBy: 'gateway_refund',
      paidOtherwiseReason: `a part of ${gatewayRefundId}`,
      bankReference: gatewayRefundId,
    };
    const nothing = { paidOtherwiseAt: null, paidOtherwiseBy: null, paidOtherwiseReason: null, bankReference: null };
    const refund: Refund = {
      id: newId(),
      subscriptionId: charge.subscriptionId,
      chargeId: charge.id,
      cancellationId: null,
      compensationId: null,
      amountMinor,
      currency,
      basis: 'adopted',
      clause: CLAUSE,
      status: 'succeeded',
      calculation: { formula: `${words} went back at the gateway as ${gatewayRefundId}`, foundBy, gatewayRefundId },
      attempts: 1,
      paidMinor: amountMinor,
      coveredMinor: 0,
      gateway: charge.gateway,
      retryAt: null,
      gatewayRefundId: isExcess ? null : gatewayRefundId,
      deadlineAt: null,
      overdueAt: null,
      bouncedAt: null,
      ...(isExcess ? otherwise : nothing),
      createdAt: now,
      settledAt: now,
    };
    await this.refunds.insert(tx, refund);
    await this.ledger.refundOwed(change, refund);
    await this.cashLedger.refundPaid(change, refund);
    await this.tell(change, refund, found);
    return refund;
  }

  private async tell(
    change: Change,
    { id: refundId, chargeId, amountMinor, currency, clause }: Refund,
    { gatewayRefundId, foundBy }: { gatewayRefundId: string; foundBy: string },
  ): Promise<void> {
    const words = `${formatMoney({ amountMinor, currency })} went back at the gateway as ${gatewayRefundId}, nobody here ordered it; found by ${foundBy}`;
    const data = { refundId, chargeId, amountMinor, currency, gatewayRefundId, foundBy };
    change.record('refund.adopted', clause, words, data);
    await this.cases.open(change.tx, {
      kind: 'refund_found',
      subscriptionId: change.subscription.id,
      subjectId: refundId,
      explanation: `${words}. Give it its reason: PUT /v1/refunds/${refundId}/reason.`,
      data,
      openedAt: change.now,
    });
  }
}
