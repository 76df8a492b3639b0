/**
 * What the gateway room asks of each kind of request: charges, validations, refunds and add-ons register from their own
 * rooms.
 */
import { Injectable } from '@nestjs/common';
import type { Change } from '../subscriptions/change.js';
import type { Outcome } from './outcome.js';

export type RequestKindName = 'charge' | 'validation' | 'refund' | 'add_on';

/** One request to the gateway, as its kind sees it. */
export interface GatewayRequest {
  readonly kind: RequestKindName;
  /** The charge, mandate or refund it is for. */
  readonly subjectId: string;
  readonly subscriptionId: string;
  /** Its name at the gateway and its idempotency key there. */
  readonly reference: string;
  readonly attempt: number;
  /** The gateway's own id of it, once known. */
  readonly gatewayId: string | null;
}

export interface RequestKind {
  readonly kind: RequestKindName;
  /**
   * Under the lock, just before sending: the call to make when it is still wanted, or null to withdraw it. The call
   * runs later, with no transaction open.
   */
  prepare(change: Change, request: GatewayRequest): Promise<(() => Promise<Outcome>) | null>;
  /** Asks the gateway by reference; null when it never heard of it. */
  ask(request: GatewayRequest): Promise<Outcome | null>;
  /** Tells the gateway to forget it; it may turn out to have succeeded. */
  withdraw(request: GatewayRequest): Promise<Outcome>;
  /** Under the lock: what the outcome does to the subject and its subscription. */
  settle(change: Change, request: GatewayRequest, outcome: Outcome): Promise<void>;
  /** Under the lock, once: the gateway has reversed its yes. Without it a person looks. */
  reversed?(change: Change, request: GatewayRequest, code: string): Promise<void>;
}

@Injectable()
export class RequestKinds {
  private readonly kinds = new Map<RequestKindName, RequestKind>();

  register(kind: RequestKind): void {
    this.kinds.set(kind.kind, kind);
  }

  of({ kind }: GatewayRequest): RequestKind {
    const found = this.kinds.get(kind);
    if (found === undefined) throw new Error(`nobody handles gateway requests of kind ${kind}`);
    return found;
  }
}
