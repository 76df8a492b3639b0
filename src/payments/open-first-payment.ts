/**
 * The first thing a new membership asks of the gateway: with a trial, to validate the payment method; without, the
 * first fee, which validates and keeps the method on the way (3.2.1, 3.3.1).
 */
import { Injectable } from '@nestjs/common';
import { Gateways } from '../gateway/payment-gateway.js';
import { MarketStore } from '../markets/market.store.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { OpenCharge } from './open-charge.js';
import { ValidationRequests } from './validation-requests.js';

@Injectable()
export class OpenFirstPayment {
  constructor(
    private readonly gateways: Gateways,
    private readonly markets: MarketStore,
    private readonly mandates: MandateStore,
    private readonly openCharge: OpenCharge,
    private readonly validations: ValidationRequests,
  ) {}

  async open(change: Change, paymentMethod: string): Promise<void> {
    const { subscription, tx, now } = change;
    if (subscription.startWith === 'trial') {
      await this.validations.open(change, paymentMethod);
      return;
    }
    const { name: gateway } = this.gateways.forNew;
    await this.mandates.open(tx, subscription, { token: paymentMethod, gateway }, now);
    await this.openCharge.open(change, 'first', await this.markets.priceAt(tx, subscription.country, now));
  }
}
