/**
 * What becomes of a refund, under the lock: paid by the gateway or another way, failed, or reversed after it was paid.
 * The books follow in the same transaction; what only a person can put right becomes a case.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { formatMoney } from '../domain/money.js';
import { restMinor, retryRefundAt, type Refund } from '../domain/refund.js';
import { CHARGE_DISPUTED, WITHDRAWN, type Order, type Outcome } from '../gateway/outcome.js';
import { RequestStore } from '../gateway/request.store.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import type { Change } from '../subscriptions/change.js';
import { ManualRefundStore } from './manual-refund.store.js';
import { OpenRefund } from './open-refund.js';
import { RefundStore } from './refund.store.js';

/** How a refund was paid that the gateway did not pay. */
export interface OtherPayment {
  by: string;
  reason: string;
  bankReference: string;
}

/** One attempt, and what it asked. */
interface Attempt {
  attempt: number;
  asks: Order | null;
  gatewayId: string | null;
}

type No = Extract<Outcome, { kind: 'declined' | 'refused' | 'withdrawn' }>;

@Injectable()
export class SettleRefund {
  constructor(
    private readonly refunds: RefundStore,
    private readonly manualRefunds: ManualRefundStore,
    private readonly cases: CaseStore,
    private readonly ledger: CashLedger,
    private readonly requests: RequestStore,
    private readonly openRefund: OpenRefund,
  ) {}

  /**
   * The gateway has returned it, by this attempt; where others had returned a part of it, what is left follows. Returns, in
   * minor units, what went back beyond what is owed.
   */
  async succeeded(change: Change, refund: Refund, attempt: Attempt, gatewayRefundId: string): Promise<number> {
    const movedMinor = movedBy(attempt, refund);
    const paysMinor = paidBy(attempt, refund);
    if (refund.status === 'succeeded') {
      const amountMinor = Math.min(movedMinor, refund.amountMinor);
      await this.ledger.refundPaid(change, { ...refund, attempts: attempt.attempt, amountMinor });
      await this.paidTwice(change, refund, attempt.attempt, gatewayRefundId);
      return 0;
    }
    const paidMinor = Math.min(paysMinor, restMinor(refund));
    await this.ledger.refundPaid(change, { ...refund, attempts: attempt.attempt, amountMinor: paidMinor });
    const words = `${formatMoney({ ...refund, amountMinor: paidMinor })} went back to the payment method`;
    if (paidMinor === restMinor(refund)) await this.paid(change, { ...refund, gatewayRefundId }, words, {});
    else await this.paidInPart(change, refund, paidMinor, words);
    return movedMinor - paidMinor;
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
    const words = `${formatMoney({ ...refund, amountMinor: restMinor(refund) })} was paid another way: ${reason}`;
    await this.paid(change, paid, words, { by, bankReference });
  }

  /**
   * The gateway did not return it. What the bank sends back is tried again, then finance decides; what the gateway refuses is
   * finance's at once (rules 6), or waits for the bank that holds the payment.
   */
  async failed(change: Change, refund: Refund, no: No): Promise<void> {
    const code = no.kind === 'withdrawn' ? WITHDRAWN : no.code;
    const { tx, now } = change;
    const { id: refundId, subscriptionId, attempts, clause } = refund;
    // One that nobody here ordered is sent again by nobody but finance.
    const isTried = no.kind !== 'refused' && refund.basis !== 'adopted';
    const retryAt = isTried ? retryRefundAt(attempts, now) : null;
    await this.refunds.save(tx, { ...refund, status: 'failed', settledAt: now, retryAt });
    const decides = code === CHARGE_DISPUTED ? 'the dispute decides' : 'finance decides';
    const next = retryAt === null ? decides : `tried again at ${retryAt.toISOString()}`;
    const told = no.said === undefined ? code : `${code}, in its words: ${no.said.words}`;
    change.record('refund.failed', clause, `the gateway could not return it: ${told}; ${next}`, { refundId, code });
    if (retryAt !== null) return;
    const owed = formatMoney({ ...refund, amountMinor: restMinor(refund) });
    await this.cases.open(tx, {
      kind: 'refund_failed',
      subscriptionId,
      subjectId: refundId,
      explanation: `refund of ${owed} failed, attempt ${attempts}: ${told}; ${decides}`,
      data: { code, attempts, gatewayRequestId: no.said?.requestId ?? null },
      openedAt: now,
      recurs: true,
    });
  }

  /** The gateway reverses its yes: the refund is owed again, unless something else has paid it. */
  async reversed(change: Change, refund: Refund, attempt: Attempt, code: string): Promise<void> {
    const backMinor = Math.min(paidBy(attempt, refund), refund.amountMinor);
    await this.ledger.refundBounced(change, { ...refund, attempts: attempt.attempt, amountMinor: backMinor });
    const { tx, now } = change;
    const isPart = backMinor < refund.amountMinor;
    const standing = isPart ? null : await this.standingPayment(refund, attempt);
    if (!isPart && (refund.gatewayRefundId !== attempt.gatewayId || standing !== null)) {
      if (standing !== null) await this.refunds.save(tx, { ...refund, gatewayRefundId: standing });
      return this.cases.close(tx, refund.id, 'one of the two payments came back', now);
    }
    const paidMinor = refund.paidMinor - backMinor;
    // What is under way goes on; what came back of a part is sent after it.
    if (refund.status === 'pending') return this.refunds.save(tx, { ...refund, paidMinor, bouncedAt: now });
    const owed = { ...refund, paidMinor, gatewayRefundId: null, bouncedAt: now, overdueAt: null };
    await this.failed(change, owed, { kind: 'declined', gatewayId: attempt.gatewayId, code, decline: 'soft' });
  }

  /** The gateway's id of another attempt that paid the same, and was not reversed. */
  private async standingPayment({ id, gatewayRefundId }: Refund, reversed: Attempt): Promise<string | null> {
    if (gatewayRefundId !== reversed.gatewayId) return gatewayRefundId;
    const attempts = await this.requests.attemptsOf([id]);
    const other = attempts.find(
      (one) => one.attempt !== reversed.attempt && one.status === 'succeeded' && one.code === null,
    );
    return other?.gatewayId ?? null;
  }

  private async paidInPart(change: Change, refund: Refund, partMinor: number, words: string): Promise<void> {
    const part = { ...refund, paidMinor: refund.paidMinor + partMinor };
    const left = formatMoney({ ...refund, amountMinor: restMinor(part) });
    const why = { reason: `${words} before; ${left} is left` };
    await this.openRefund.retry(change, part, why);
  }

  private async paid(change: Change, refund: Refund, words: string, data: object): Promise<void> {
    const { tx, now } = change;
    const { id: refundId, clause, amountMinor: paidMinor } = refund;
    await this.refunds.save(tx, { ...refund, status: 'succeeded', paidMinor, settledAt: now, retryAt: null });
    await this.manualRefunds.withdraw(tx, refundId);
    change.record('refund.succeeded', clause, words, { refundId, ...data });
    await this.cases.close(tx, refundId, `the refund succeeded: ${words}`, now);
  }

  /** It was paid already, and now an attempt that had failed has returned it too: a person gets it back. */
  private async paidTwice(change: Change, refund: Refund, attempt: number, gatewayRefundId: string): Promise<void> {
    const { id: refundId, subscriptionId, clause, bankReference } = refund;
    const before = refund.gatewayRefundId ?? bankReference;
    const explanation = `refund of ${formatMoney(refund)} was paid by ${before} and again by ${gatewayRefundId}`;
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

/** Minor units that pay this refund: all that moved, or the part that was owed. */
function paidBy(attempt: Attempt, refund: Refund): number {
  const { asks } = attempt;
  return (asks?.kind === 'refund' ? asks.paysMinor : undefined) ?? movedBy(attempt, refund);
}

/** Minor units that moved: what the attempt asked. */
function movedBy({ asks }: Attempt, { amountMinor }: Refund): number {
  return asks?.kind === 'refund' ? asks.amountMinor : amountMinor;
}
