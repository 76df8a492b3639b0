/**
 * Refunds as gateway requests: what the gateway is asked before one is sent, and what it asks. What its outcome does is
 * `SettleRefund`.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { restMinor } from '../domain/refund.js';
import { GatewayCalls } from '../gateway/gateway-calls.js';
import type { GatewayRefund, Outcome } from '../gateway/outcome.js';
import {
  RequestKinds,
  type Decided,
  type GatewayRequest,
  type Prepared,
  type RequestKind,
} from '../gateway/request-kind.js';
import type { Change } from '../subscriptions/change.js';
import { AdoptRefund } from './adopt-refund.js';
import { OpenRefund } from './open-refund.js';
import { RefundStore } from './refund.store.js';
import { SettleRefund } from './settle-refund.js';

@Injectable()
export class RefundRequests implements RequestKind, OnModuleInit {
  readonly kind = 'refund';
  readonly ofCustomer = false;

  constructor(
    private readonly kinds: RequestKinds,
    private readonly refunds: RefundStore,
    private readonly calls: GatewayCalls,
    private readonly adoptRefund: AdoptRefund,
    private readonly openRefund: OpenRefund,
    private readonly settleRefund: SettleRefund,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  async isWanted({ tx }: Change, { subjectId }: GatewayRequest): Promise<boolean> {
    return (await this.refunds.lock(tx, subjectId)).status !== 'succeeded';
  }

  /** What has gone back of the payment already, whoever ordered it (rules 7). */
  async lookFirst(request: GatewayRequest): Promise<{ seen: unknown } | Outcome> {
    const seen = await this.calls.refundsOf(request, await this.refunds.paymentOf(request.subjectId));
    return Array.isArray(seen) ? { seen } : seen;
  }

  async prepare(change: Change, request: GatewayRequest, { seen }: { seen: unknown }): Promise<Prepared> {
    const before = await this.refunds.lock(change.tx, request.subjectId);
    if (before.status === 'succeeded') return { kind: 'unwanted' };
    const paid = await this.adoptRefund.adoptAll(change, request, seen as GatewayRefund[]);
    if (paid !== null) return { kind: 'found', ...paid };
    const payment = await this.refunds.paymentOf(before.id, change.tx);
    const { currency } = before;
    return { kind: 'order', order: { kind: 'refund', payment, amountMinor: restMinor(before), currency } };
  }

  async settle(change: Change, request: GatewayRequest, outcome: Decided): Promise<void> {
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    if (outcome.kind === 'succeeded') {
      return this.adoptRefund.settle(change, refund, request, outcome.gatewayId);
    }
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
}
