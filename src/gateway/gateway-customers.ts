/** Which customer the gateway knows a user by. The only thing kept there of a user is the opaque id. */
import { Injectable } from '@nestjs/common';
import { Any } from 'typeorm';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { GatewayCustomerEntity } from './gateway-request.entity.js';
import { StripeGateway } from './stripe/stripe-gateway.js';

@Injectable()
export class GatewayCustomers {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly gateway: StripeGateway,
  ) {}

  /** Whose subscription it is; null when the gateway was never told of the user, and so never of any payment. */
  async ofSubscription(subscriptionId: string): Promise<string | null> {
    const { userId } = await this.subscriptions.get(subscriptionId);
    return this.find(userId);
  }

  async ensure(userId: string): Promise<string> {
    const known = await this.find(userId);
    if (known !== null) return known;
    const customerId = await this.gateway.createCustomer(userId);
    await this.database.reader.insert(GatewayCustomerEntity, { userId, customerId }, 'ignore');
    return (await this.find(userId)) ?? customerId;
  }

  private find(userId: string): Promise<string | null> {
    return this.database.sharedReader.together(customersOf, userId);
  }
}

async function customersOf(tx: Tx, userIds: readonly string[]): Promise<(string | null)[]> {
  const known = await tx.find(GatewayCustomerEntity, { userId: Any(userIds) });
  return userIds.map((userId) => known.find((one) => one.userId === userId)?.customerId ?? null);
}
