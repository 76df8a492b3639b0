/** Refunds as gateway requests: how one is sent and asked for. What its outcome does is `SettleRefund`. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Refund } from '../domain/refund.js';
import type { Outcome } from '../gateway/outcome.js';
import { RequestKinds, type GatewayRequest, type RequestKind } from '../gateway/request-kind.js';
import { StripeGateway } from '../gateway/stripe/stripe-gateway.js';
import { ChargeStore } from '../payments/charge.store.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import type { Change } from '../subscriptions/change.js';
import { RefundStore } from './refund.store.js';
import { SettleRefund } from './settle-refund.js';

@Injectable()
export class RefundRequests implements RequestKind, OnModuleInit {
  readonly kind = 'refund';

  constructor(
    private readonly kinds: RequestKinds,
    private readonly database: Database,
    private readonly refunds: RefundStore,
    private readonly charges: ChargeStore,
    private readonly gateway: StripeGateway,
    private readonly settleRefund: SettleRefund,
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
    return Promise.resolve({ kind: 'unknown', detail: 'a refund is never withdrawn' });
  }

  async settle(change: Change, request: GatewayRequest, outcome: Outcome): Promise<void> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    if (outcome.kind === 'succeeded') {
      return this.settleRefund.succeeded(change, refund, request.attempt, outcome.gatewayId);
    }
    const latest = request.attempt === refund.attempts && refund.status !== 'succeeded';
    if (outcome.kind === 'failed' && latest) await this.settleRefund.failed(change, refund, outcome.code);
  }

  async reversed(change: Change, request: GatewayRequest, code: string): Promise<void> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    await this.settleRefund.reversed(change, refund, request, code);
  }

  private async paymentOf(tx: Tx, { chargeId }: Refund): Promise<string> {
    const { gatewayPaymentId } = await this.charges.find(tx, chargeId);
    if (gatewayPaymentId === null) throw new Error(`charge ${chargeId} was never captured`);
    return gatewayPaymentId;
  }
}
