/**
 * Opens money that goes back: writes the refund, by when it must be paid, and the intent to send it; the database caps it
 * at what was captured.
 */
import { Injectable } from '@nestjs/common';
import type { RefundBasis } from '../domain/cancellation.js';
import type { Money } from '../domain/money.js';
import { refundReference, type Refund } from '../domain/refund.js';
import { RequestStore } from '../gateway/request.store.js';
import { Ledger } from '../ledger/ledger.js';
import { MarketStore } from '../markets/market.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { endOfCalendarDays } from '../platform/time/calendar.js';
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
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly requests: RequestStore,
    private readonly ledger: Ledger,
    private readonly markets: MarketStore,
  ) {}

  async open(change: Change, order: RefundOrder): Promise<Refund> {
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
      paidMinor: 0,
      coveredMinor: 0,
      gateway: await this.gatewayOf(change.tx, chargeId),
      retryAt: null,
      gatewayRefundId: null,
      deadlineAt: await this.deadline(change),
      overdueAt: null,
      bouncedAt: null,
      paidOtherwiseAt: null,
      paidOtherwiseBy: null,
      paidOtherwiseReason: null,
      bankReference: null,
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

  /** Sends a refund that failed once more, under a new reference. `why`: a person's word, or that the time has come. */
  async retry(change: Change, refund: Refund, why: { reason?: string; by?: string } = {}): Promise<void> {
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
      ...why,
    });
  }

  /** By the rules in force when it is decided. */
  private async deadline({ tx, subscription: { country }, now }: Change): Promise<Date | null> {
    const { refundDeadlineDays: days, timeZone } = await this.markets.rulePackAt(tx, country, now);
    return days === null ? null : endOfCalendarDays(now, days, timeZone);
  }

  /** A refund goes back the way the money came. */
  private async gatewayOf(tx: Tx, chargeId: string): Promise<string> {
    return (await this.charges.find(tx, chargeId)).gateway;
  }

  private async intend(change: Change, { id: subjectId, attempts: attempt, gateway }: Refund): Promise<void> {
    await this.requests.intend(change, {
      kind: 'refund',
      subjectId,
      reference: refundReference(subjectId, attempt),
      attempt,
      gateway,
    });
  }
}
