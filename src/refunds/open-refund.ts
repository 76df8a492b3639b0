/** Opens money that goes back: writes the refund and the intent to send it; the database caps it at what was captured. */
import { Injectable } from '@nestjs/common';
import type { RefundBasis } from '../domain/cancellation.js';
import type { Money } from '../domain/money.js';
import { refundReference, type Refund } from '../domain/refund.js';
import { Ledger } from '../ledger/ledger.js';
import { newId } from '../platform/ids.js';
import { RequestStore } from '../payments/request.store.js';
import type { Change } from '../subscriptions/change.js';
import { RefundStore } from './refund.store.js';

export interface RefundOrder {
  chargeId: string;
  cancellationId: string | null;
  compensationId?: string;
  /** Minor units; more than zero. */
  money: Money;
  basis: RefundBasis;
  clause: string;
  calculation: object;
  explanation: string;
}

@Injectable()
export class OpenRefund {
  constructor(
    private readonly refunds: RefundStore,
    private readonly requests: RequestStore,
    private readonly ledger: Ledger,
  ) {}

  async run(change: Change, order: RefundOrder): Promise<Refund> {
    const { chargeId, cancellationId, compensationId = null, money, basis, clause, calculation, explanation } = order;
    const refund: Refund = {
      id: newId(),
      subscriptionId: change.subscription.id,
      chargeId,
      cancellationId,
      compensationId,
      ...money,
      basis,
      clause,
      status: 'pending',
      calculation,
      attempts: 1,
      retryAt: null,
      gatewayRefundId: null,
      createdAt: change.now,
      settledAt: null,
    };
    await this.refunds.insert(change.tx, refund);
    await this.ledger.refundOwed(change, refund);
    await this.intend(change, refund);
    change.record('refund.created', clause, explanation, {
      refundId: refund.id,
      chargeId,
      ...money,
      basis,
      calculation,
    });
    return refund;
  }

  /** Sends a refund that failed once more, under a new reference. */
  async retry(change: Change, refund: Refund): Promise<void> {
    const again: Refund = {
      ...refund,
      attempts: refund.attempts + 1,
      status: 'pending',
      retryAt: null,
      settledAt: null,
    };
    await this.refunds.save(change.tx, again);
    await this.intend(change, again);
    change.record('refund.retried', refund.clause, `the refund is sent again, attempt ${again.attempts}`, {
      refundId: refund.id,
    });
  }

  private async intend(change: Change, { id: subjectId, attempts: attempt }: Refund): Promise<void> {
    await this.requests.intend(change, {
      kind: 'refund',
      subjectId,
      reference: refundReference(subjectId, attempt),
      attempt,
    });
  }
}
