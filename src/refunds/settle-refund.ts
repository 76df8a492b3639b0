/**
 * What becomes of a refund, under the lock: paid by the gateway or another way, failed, or reversed after it was paid.
 * The books follow in the same transaction; what only a person can put right becomes a case.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { retryRefundAt, waitsForBank, type Refund } from '../domain/refund.js';
import type { GatewayRequest } from '../gateway/request-kind.js';
import { RequestStore } from '../gateway/request.store.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import type { Change } from '../subscriptions/change.js';
import { ManualRefundStore } from './manual-refund.store.js';
import { RefundStore } from './refund.store.js';

/** How a refund was paid that the gateway did not pay. */
export interface OtherPayment {
  by: string;
  reason: string;
  bankReference: string;
}

@Injectable()
export class SettleRefund {
  constructor(
    private readonly refunds: RefundStore,
    private readonly manualRefunds: ManualRefundStore,
    private readonly cases: CaseStore,
    private readonly ledger: CashLedger,
    private readonly requests: RequestStore,
  ) {}

  /** The gateway has returned it, by this attempt. */
  async succeeded(change: Change, refund: Refund, attempt: number, gatewayRefundId: string): Promise<void> {
    await this.ledger.refundPaid(change, { ...refund, attempts: attempt });
    if (refund.status === 'succeeded') return this.paidTwice(change, refund, attempt, gatewayRefundId);
    const words = `${refund.amountMinor} ${refund.currency} went back to the payment method`;
    await this.paid(change, { ...refund, gatewayRefundId }, words, {});
  }

  /** Somebody else has paid it; what it does to the books is the caller's to post. */
  async paidOtherwise(change: Change, refund: Refund, { by, reason, bankReference }: OtherPayment): Promise<void> {
    const paid: Refund = {
      ...refund,
      paidOtherwiseAt: change.now,
      paidOtherwiseBy: by,
      paidOtherwiseReason: reason,
      bankReference,
    };
    const words = `${refund.amountMinor} ${refund.currency} was paid another way: ${reason}`;
    await this.paid(change, paid, words, { by, bankReference });
  }

  /** The gateway could not return it: it is tried again, or finance decides. */
  async failed(change: Change, refund: Refund, code: string): Promise<void> {
    const { tx, now } = change;
    const { id: refundId, subscriptionId, amountMinor, currency, attempts, clause } = refund;
    const retryAt = waitsForBank(code) ? null : retryRefundAt(attempts, now);
    await this.refunds.save(tx, { ...refund, status: 'failed', settledAt: now, retryAt });
    const decides = waitsForBank(code) ? 'the dispute decides' : 'finance decides';
    const next = retryAt === null ? decides : `tried again at ${retryAt.toISOString()}`;
    change.record('refund.failed', clause, `the gateway could not return it: ${code}; ${next}`, { refundId, code });
    if (retryAt !== null) return;
    await this.cases.open(tx, {
      kind: 'refund_failed',
      subscriptionId,
      subjectId: refundId,
      explanation: `refund of ${amountMinor} ${currency} failed, attempt ${attempts}: ${code}; ${decides}`,
      data: { code, attempts },
      openedAt: now,
      recurs: true,
    });
  }

  /** The gateway reverses its yes: the refund is owed again, unless something else has paid it. */
  async reversed(change: Change, refund: Refund, request: GatewayRequest, code: string): Promise<void> {
    await this.ledger.refundBounced(change, { ...refund, attempts: request.attempt });
    const { tx, now } = change;
    const standing = await this.standingPayment(refund, request);
    if (refund.gatewayRefundId !== request.gatewayId || standing !== null) {
      if (standing !== null) await this.refunds.save(tx, { ...refund, gatewayRefundId: standing });
      return this.cases.close(tx, refund.id, 'one of the two payments came back', now);
    }
    const owed = { ...refund, gatewayRefundId: null, bouncedAt: now, overdueAt: null };
    await this.failed(change, owed, code);
  }

  /** The gateway's id of another attempt that paid the same, and was not reversed. */
  private async standingPayment({ id, gatewayRefundId }: Refund, reversed: GatewayRequest): Promise<string | null> {
    if (gatewayRefundId !== reversed.gatewayId) return gatewayRefundId;
    const attempts = await this.requests.attemptsOf([id]);
    const other = attempts.find(
      (one) => one.attempt !== reversed.attempt && one.status === 'succeeded' && one.code === null,
    );
    return other?.gatewayId ?? null;
  }

  private async paid(change: Change, refund: Refund, words: string, data: object): Promise<void> {
    const { tx, now } = change;
    const { id: refundId, clause } = refund;
    await this.refunds.save(tx, { ...refund, status: 'succeeded', settledAt: now, retryAt: null });
    await this.manualRefunds.withdraw(tx, refundId);
    change.record('refund.succeeded', clause, words, { refundId, ...data });
    await this.cases.close(tx, refundId, `the refund succeeded: ${words}`, now);
  }

  /** It was paid already, and now an attempt that had failed has returned it too: a person gets it back. */
  private async paidTwice(change: Change, refund: Refund, attempt: number, gatewayRefundId: string): Promise<void> {
    const { id: refundId, subscriptionId, amountMinor, currency, clause, bankReference } = refund;
    const before = refund.gatewayRefundId ?? bankReference;
    const explanation = `refund of ${amountMinor} ${currency} was paid by ${before} and again by ${gatewayRefundId}`;
    change.record('refund.paid_twice', clause, explanation, { refundId, attempt, gatewayRefundId });
    await this.cases.open(change.tx, {
      kind: 'refund_paid_twice',
      subscriptionId,
      subjectId: refundId,
      explanation,
      data: { attempt, gatewayRefundId, before },
      openedAt: change.now,
      recurs: true,
    });
  }
}
