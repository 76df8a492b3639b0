/** What must be known before a request is first sent: that the gateway lets us in, its customer, and what its kind asks first. */
import { Injectable } from '@nestjs/common';
import type { Change } from '../subscriptions/change.js';
import { GatewayCustomers } from './gateway-customers.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import { GatewayOutages } from './gateway-outages.js';
import type { Outcome } from './outcome.js';
import { RequestKinds, type Prepared } from './request-kind.js';

export interface FoundFirst {
  kind: 'found';
  /** The gateway's id; empty where the request names none. */
  customer: string;
  /** What the request's kind asked for. */
  seen: unknown;
}

@Injectable()
export class PrepareRequest {
  constructor(
    private readonly customers: GatewayCustomers,
    private readonly outages: GatewayOutages,
    private readonly kinds: RequestKinds,
  ) {}

  /** With no transaction open; an outcome where the request cannot be sent now. */
  async lookFirst(request: GatewayRequestEntity): Promise<FoundFirst | Outcome> {
    const { gateway, status, asks } = request;
    const nothing: FoundFirst = { kind: 'found', customer: '', seen: null };
    if (status !== 'intended') return nothing;
    const outage = await this.outages.pause(gateway);
    if (outage !== null) return outage;
    if (asks !== null) return nothing;
    const kind = this.kinds.of(request);
    const customer = kind.ofCustomer ? await this.customers.ensure(request) : '';
    if (typeof customer !== 'string') return customer;
    const seen = (await kind.lookFirst?.(request)) ?? { seen: null };
    return 'kind' in seen ? seen : { kind: 'found', customer, seen: seen.seen };
  }

  prepare(
    change: Change,
    request: GatewayRequestEntity,
    { customer, seen }: Omit<FoundFirst, 'kind'>,
  ): Promise<Prepared> {
    return this.kinds.of(request).prepare(change, request, { customer, seen });
  }
}
