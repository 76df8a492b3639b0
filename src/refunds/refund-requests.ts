/**
 * Refunds as gateway requests: what the gateway is asked before one is sent, and what it asks. What its outcome does is
 * `SettleRefund`.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { GatewayCalls } from '../gateway/gateway-calls.js';
import type { GatewayRefund, Outcome } from '../gateway/outcome.js';
import { Gateways } from '../gateway/payment-gateway.js';
import {
  RequestKinds,
  type Decided,
  type GatewayRequest,
  type Prepared,
  type RequestKind,
} from '../gateway/request-kind.js';
import { ChargeStore } from '../payments/charge.store.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import type { Change } from '../subscriptions/change.js';
import { AdoptRefund } from './adopt-refund.js';
import type { Refund } from '../domain/refund.js';
import { OpenRefund } from './open-refund.js';
import { RecordFoundRefund } from './record-found-refund.js';
import { RefundStore } from './refund.store.js';
import { SettleRefund } from './settle-refund.js';

@Injectable()
export class RefundRequests implements RequestKind, OnModuleInit {
  readonly kind = 'refund';
  readonly ofCustomer = false;

  constructor(
    private readonly kinds: RequestKinds,
    private readonly database: Database,
    private readonly refunds: RefundStore,
    private readonly charges: ChargeStore,
    private readonly gateways: Gateways,
    private readonly calls: GatewayCalls,
    private readonly adoptRefund: AdoptRefund,
    private readonly openRefund: OpenRefund,
    private readonly settleRefund: SettleRefund,
    private readonly recordFoundRefund: RecordFoundRefund,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  async isWanted({ tx }: Change, { subjectId }: GatewayRequest): Promise<boolean> {
    return (await this.refunds.lock(tx, subjectId)).status !== 'succeeded';
  }

  /** What has gone back of the payment already, whoever ordered it (rules 7). */
  async lookFirst(request: GatewayRequest): Promise<{ seen: unknown } | Outcome> {
    const { chargeId } = await this.refunds.get(request.subjectId);
    const payment = await this.paymentOf(this.database.reader, chargeId);
    const seen = await this.calls.make('refunds', request, () => this.gateways.of(request.gateway).refundsOf(payment));
    return Array.isArray(seen) ? { seen } : (seen);
  }

  async prepare(change: Change, request: GatewayRequest, { seen }: { seen: unknown }): Promise<Prepared> {
    const before = await this.refunds.lock(change.tx, request.subjectId);
    const paid = await this.adoptRefund.adoptAll(change, request, seen as GatewayRefund[]);
    if (paid !== null) return { kind: 'found', ...paid };
    const { amountMinor, paidMinor, currency, chargeId } = before;
    const payment = await this.paymentOf(change.tx, chargeId);
    return { kind: 'order', order: { kind: 'refund', payment, amountMinor: amountMinor - paidMinor, currency } };
  }

  async settle(change: Change, request: GatewayRequest, outcome: Decided): Promise<void> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    if (outcome.kind === 'succeeded') return this.succeeded(change, refund, request, outcome.gatewayId);
    const no = outcome.kind === 'declined' || outcome.kind === 'refused' || outcome.kind === 'withdrawn';
    if (!no || request.attempt !== refund.attempts || refund.status === 'succeeded') return;
    await this.settleRefund.failed(change, refund, outcome);
  }

  async again(change: Change, { subjectId, attempt }: GatewayRequest): Promise<void> {
    const refund = await this.refunds.lock(change.tx, subjectId);
    if (attempt === refund.attempts && refund.status === 'pending') await this.openRefund.retry(change, refund);
  }

  async reversed(change: Change, request: GatewayRequest, code: string): Promise<void> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    await this.settleRefund.reversed(change, refund, request, code);
  }

  private async succeeded(change: Change, refund: Refund, request: GatewayRequest, gatewayId: string): Promise<void> {
    const excessMinor = await this.settleRefund.succeeded(change, refund, request, gatewayId);
    if (excessMinor === 0) return;
    const charge = await this.charges.lock(change.tx, refund.chargeId);
    const { currency } = refund;
    await this.recordFoundRefund.recordExcess(change, charge, { amountMinor: excessMinor, currency }, gatewayId);
  }

  private async paymentOf(tx: Tx, chargeId: string): Promise<string> {
    const { gatewayPaymentId } = await this.charges.find(tx, chargeId);
    if (gatewayPaymentId === null) throw new Error(`charge ${chargeId} was never captured`);
    return gatewayPaymentId;
  }
}
