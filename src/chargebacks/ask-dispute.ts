/**
 * Asks the gateway about a dispute and carries its answer to `SettleDispute`. An event, a poll and a look through the gateway's
 * own list all come this way, and none of them is believed.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventHandlers, type EventHandler } from '../gateway/event-handlers.js';
import type { GatewayDispute } from '../gateway/outcome.js';
import { RequestStore } from '../gateway/request.store.js';
import { StripeGateway } from '../gateway/stripe/stripe-gateway.js';
import { ChargeStore } from '../payments/charge.store.js';
import { SettleDispute } from './settle-dispute.js';

@Injectable()
export class AskDispute implements EventHandler, OnModuleInit {
  readonly types = 'charge.dispute.';

  constructor(
    private readonly handlers: EventHandlers,
    private readonly gateway: StripeGateway,
    private readonly charges: ChargeStore,
    private readonly requests: RequestStore,
    private readonly settleDispute: SettleDispute,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  /** Of an event about it. */
  apply(gatewayDisputeId: string): Promise<boolean> {
    return this.ask(gatewayDisputeId);
  }

  /** False when there was no usable answer, or it cannot be applied yet: to be asked again. */
  async ask(gatewayDisputeId: string): Promise<boolean> {
    const dispute = await this.gateway.findDispute(gatewayDisputeId);
    if (dispute === 'unanswered') return false;
    return dispute === 'unheard_of' || this.settle(dispute);
  }

  /** An inquiry takes no money, and a payment of something else than memberships is not ours. */
  async settle(dispute: GatewayDispute): Promise<boolean> {
    const { status } = dispute;
    const chargeId = status === null ? null : await this.chargeOf(dispute);
    return status === null || chargeId === null || this.settleDispute.settle(chargeId, dispute, status);
  }

  /** By the payment, or where that is not booked yet by the reference it carries. */
  private async chargeOf({ paymentId, reference }: GatewayDispute): Promise<string | null> {
    const charge = paymentId === null ? null : await this.charges.findByPayment(paymentId);
    if (charge !== null) return charge.id;
    const request = reference === null ? null : await this.requests.findByReference(reference);
    return request === null || !['charge', 'add_on'].includes(request.kind) ? null : request.subjectId;
  }
}
