/** Which customer a gateway knows a user by. The only thing kept there of a user is the opaque id. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { GatewayCalls } from './gateway-calls.js';
import { GatewayCustomerEntity, type GatewayRequestEntity } from './gateway-request.entity.js';
import type { Outcome } from './outcome.js';

interface Known {
  userId: string;
  customerId: string | null;
  /** Null where the gateway never knew the user. */
  generation: number | null;
}

@Injectable()
export class GatewayCustomers {
  constructor(
    private readonly database: Database,
    private readonly calls: GatewayCalls,
  ) {}

  /** The id of the member's customer, made where there is none, or the outcome that stands in the way. No transaction may be open. */
  async ensure(request: GatewayRequestEntity): Promise<string | Outcome> {
    const { userId, customerId: known, generation } = await this.database.sharedReader.together(customersOf, request);
    if (known !== null) return known;
    const reference = referenceOf(userId, generation ?? 1);
    const answer = await this.calls.createCustomer(request, userId, reference);
    if (answer.kind !== 'customer') return answer;
    const { customerId } = answer;
    const named = { gateway: request.gateway, userId, generation: generation ?? 1 };
    const { reader } = this.database;
    if (generation === null) await reader.insert(GatewayCustomerEntity, { ...named, customerId }, 'ignore');
    else await reader.set(GatewayCustomerEntity, named, { customerId });
    return customerId;
  }

  /** The gateway no longer knows it: the next request that needs one makes another. */
  async forget(tx: Tx, { gateway, userId }: { gateway: string; userId: string }, customerId: string): Promise<void> {
    await tx.execute(
      `update gateway_customers set customer_id = null, generation = generation + 1
       where gateway = $1 and user_id = $2 and customer_id = $3`,
      [gateway, userId, customerId],
    );
  }
}

/** Each generation has a reference of its own: a gateway answers an old one with the customer that is gone. */
function referenceOf(userId: string, generation: number): string {
  return generation === 1 ? `customer_${userId}` : `customer_${userId}_${generation}`;
}

async function customersOf(tx: Tx, requests: readonly GatewayRequestEntity[]): Promise<Known[]> {
  const asked = requests.map(({ id, gateway, subscriptionId }) => ({ id, gateway, subscriptionId }));
  const known = await tx.query<Known & { id: string }>(
    `select a.id, s.user_id as "userId", c.customer_id as "customerId", c.generation
     from jsonb_to_recordset($1::jsonb) as a (id uuid, gateway text, "subscriptionId" uuid)
     join subscriptions s on s.id = a."subscriptionId"
     left join gateway_customers c on c.gateway = a.gateway and c.user_id = s.user_id`,
    [JSON.stringify(asked)],
  );
  const byId = new Map(known.map((one) => [one.id, one]));
  return requests.map(({ id, subscriptionId }) => {
    const found = byId.get(id);
    if (found === undefined) throw new Error(`there is no subscription ${subscriptionId}`);
    return found;
  });
}
