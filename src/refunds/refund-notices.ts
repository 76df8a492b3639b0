/**
 * Notices about refunds that no request of ours stands behind: the gateway is asked about the refund, and one of a payment of
 * ours is adopted.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventHandlers, type EventHandler } from '../gateway/event-handlers.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { ChargeStore } from '../payments/charge.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { AdoptRefund } from './adopt-refund.js';

@Injectable()
export class RefundNotices implements EventHandler, OnModuleInit {
  readonly about = 'refund';

  constructor(
    private readonly handlers: EventHandlers,
    private readonly gateways: Gateways,
    private readonly charges: ChargeStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly adoptRefund: AdoptRefund,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  apply(gateway: string, gatewayRefundId: string): Promise<boolean> {
    return this.look(gateway, gatewayRefundId, 'a notice of the gateway');
  }

  /** `foundBy`: who came upon it, for the timeline. False when there was no usable answer, or it cannot be applied yet. */
  async look(gateway: string, gatewayRefundId: string, foundBy: string): Promise<boolean> {
    const found = await this.gateways.of(gateway).findRefund(gatewayRefundId);
    if (found === 'unanswered') return false;
    if (found === 'unheard_of' || found.paymentId === null) return true;
    const charge = await this.charges.findByPayment(gateway, found.paymentId);
    if (charge === null) return true;
    return this.changeSubscription.change(charge.subscriptionId, 'gateway', (change) =>
      this.adoptRefund.adopt(change, charge.id, found, foundBy),
    );
  }
}
