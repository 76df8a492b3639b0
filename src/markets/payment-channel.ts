/** What the payment channel says of amounts: a price that it cannot carry is refused when it is published. */
import { Injectable } from '@nestjs/common';
import type { Money } from '../domain/money.js';

export interface ChannelLimits {
  /** Why an amount cannot be charged, in words; null when it can. */
  refusesAmount(money: Money): string | null;
}

@Injectable()
export class PaymentChannel {
  private limits: ChannelLimits | null = null;

  /** By the room that knows the channel, before the first market is loaded. */
  open(limits: ChannelLimits): void {
    this.limits = limits;
  }

  refuses(money: Money): string | null {
    if (this.limits === null) throw new Error('no payment channel is open');
    return this.limits.refusesAmount(money);
  }
}
