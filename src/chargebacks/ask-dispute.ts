/**
 * Asks the gateway about a dispute and carries its answer to `SettleDispute`. A notice, a poll and a look through the gateway's
 * own list all come this way, and none of them is believed.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventHandlers, type EventHandler } from '../gateway/event-handlers.js';
import type { GatewayDispute } from '../gateway/outcome.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { RequestStore } from '../gateway/request.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import { InquiryStore } from './inquiry.store.js';
import { SettleDispute } from './settle-dispute.js';

@Injectable()
export class AskDispute implements EventHandler, OnModuleInit {
  readonly about = 'dispute';

  constructor(
    private readonly handlers: EventHandlers,
    private readonly gateways: Gateways,
    private readonly charges: ChargeStore,
    private readonly requests: RequestStore,
    private readonly inquiries: InquiryStore,
    private readonly settleDispute: SettleDispute,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  /** Of a notice about it. */
  apply(gateway: string, gatewayDisputeId: string): Promise<boolean> {
    return this.ask(gateway, gatewayDisputeId);
  }

  /** False when there was no usable answer, or it cannot be applied yet: to be asked again. */
  async ask(gateway: string, gatewayDisputeId: string): Promise<boolean> {
    const dispute = await this.gateways.of(gateway).findDispute(gatewayDisputeId);
    if (dispute === 'unanswered') return false;
    return dispute === 'unheard_of' || this.settle(gateway, dispute);
  }

  /** A payment of something else than memberships is not ours. An inquiry takes no money; it is watched until it does. */
  async settle(gateway: string, dispute: GatewayDispute): Promise<boolean> {
    const { status, gatewayDisputeId } = dispute;
    const chargeId = await this.chargeOf(gateway, dispute);
    if (chargeId === null) return true;
    if (status === 'inquiry') return this.inquiries.watch(gateway, gatewayDisputeId);
    await this.inquiries.forget(gateway, gatewayDisputeId);
    return status === null || this.settleDispute.settle(chargeId, dispute, status);
  }

  /** By the payment, or where that is not booked yet by the reference it carries. */
  private async chargeOf(gateway: string, { paymentId, reference }: GatewayDispute): Promise<string | null> {
    const charge = paymentId === null ? null : await this.charges.findByPayment(gateway, paymentId);
    if (charge !== null) return charge.id;
    const request = reference === null ? null : await this.requests.findByReference(reference);
    return request === null || !['charge', 'add_on'].includes(request.kind) ? null : request.subjectId;
  }
}
