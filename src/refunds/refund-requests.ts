/**
 * Refunds as gateway requests: how one is sent and asked for, and what its outcome does. One that fails is retried,
 * then becomes a case for finance; it is never forgotten.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CaseStore } from '../cases/case.store.js';
import { retryRefundAt, type Refund } from '../domain/refund.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Outcome } from '../payments/outcome.js';
import { RequestKinds, type GatewayRequest, type RequestKind } from '../payments/request-kind.js';
import { StripeGateway } from '../payments/stripe-gateway.js';
import { Database } from '../platform/database.js';
import type { Change } from '../subscriptions/change.js';
import { RefundStore } from './refund.store.js';

@Injectable()
export class RefundRequests implements RequestKind, OnModuleInit {
  readonly kind = 'refund';

  constructor(
    private readonly kinds: RequestKinds,
    private readonly database: Database,
    private readonly refunds: RefundStore,
    private readonly charges: ChargeStore,
    private readonly gateway: StripeGateway,
    private readonly cases: CaseStore,
    private readonly ledger: CashLedger,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  async prepare(change: Change, request: GatewayRequest): Promise<(() => Promise<Outcome>) | null> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    if (refund.status === 'succeeded') return null;
    const payment = await this.paymentOf(change.tx, refund);
    return () => this.gateway.refund(payment, refund, request.reference);
  }

  async ask(request: GatewayRequest): Promise<Outcome | null> {
    const refund = await this.refunds.find(this.database.reader, request.subjectId);
    return this.gateway.findRefund(await this.paymentOf(this.database.reader, refund), request.reference, refund);
  }

  withdraw(): Promise<Outcome> {
    return Promise.resolve({ kind: 'unknown', detail: 'a refund is never taken back' });
  }

  async settle(change: Change, request: GatewayRequest, outcome: Outcome): Promise<void> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    if (refund.status === 'succeeded') return;
    const { id: refundId, amountMinor, currency, clause } = refund;
    if (outcome.kind === 'succeeded') {
      const done = {
        status: 'succeeded',
        gatewayRefundId: outcome.gatewayId,
        settledAt: change.now,
        retryAt: null,
      } as const;
      await this.refunds.save(change.tx, { ...refund, ...done });
      await this.ledger.refundPaid(change, refund);
      change.record('refund.succeeded', clause, `${amountMinor} ${currency} went back to the payment method`, {
        refundId,
      });
      await this.cases.close(change.tx, refundId, 'the refund succeeded', change.now);
    }
    if (outcome.kind === 'failed' && request.attempt === refund.attempts)
      await this.failed(change, refund, outcome.code);
  }

  private async failed(change: Change, refund: Refund, code: string): Promise<void> {
    const { tx, now } = change;
    const retryAt = retryRefundAt(refund.attempts, now);
    await this.refunds.save(tx, { ...refund, status: 'failed', settledAt: now, retryAt });
    const next = retryAt === null ? 'finance decides' : `tried again at ${retryAt.toISOString()}`;
    change.record('refund.failed', refund.clause, `the gateway could not return it: ${code}; ${next}`, {
      refundId: refund.id,
      code,
    });
    if (retryAt !== null) return;
    await this.cases.open(tx, {
      kind: 'refund_failed',
      subscriptionId: refund.subscriptionId,
      subjectId: refund.id,
      explanation: `refund of ${refund.amountMinor} ${refund.currency} failed ${refund.attempts} times: ${code}`,
      data: { code, attempts: refund.attempts },
      openedAt: now,
    });
  }

  private async paymentOf(tx: EntityManager, { chargeId }: Refund): Promise<string> {
    const { gatewayPaymentId } = await this.charges.find(tx, chargeId);
    if (gatewayPaymentId === null) throw new Error(`charge ${chargeId} was never captured`);
    return gatewayPaymentId;
  }
}
