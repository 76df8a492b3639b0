/**
 * What the gateway room asks of each kind of request: charges, validations, refunds and add-ons register from their own
 * rooms.
 */
import { Injectable } from '@nestjs/common';
import type { Change } from '../subscriptions/change.js';
import type { Order, Outcome } from './outcome.js';

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
  /** The gateway it goes to, by name. */
  readonly gateway: string;
  /** What it asks, frozen when it is first sent; null before. */
  readonly asks: Order | null;
  /** The gateway's own id of it, once known. */
  readonly gatewayId: string | null;
}

/** What a kind makes of a request under the lock: its order, nothing any more, or an answer that was found meanwhile. */
export type Prepared =
  | { kind: 'order'; order: Order }
  | { kind: 'unwanted' }
  | { kind: 'found'; outcome: Exclude<Outcome, { kind: 'not_heard' }>; order: Order };

export interface RequestKind {
  readonly kind: RequestKindName;
  /** Whose customer it is sent for; null where it names none. */
  readonly ofCustomer: boolean;
  /**
   * Before anything is sent, with no transaction open: what the gateway must be asked first. Its answer comes back to
   * `prepare`; an outcome stands in the way, and the request is sent later.
   */
  lookFirst?(request: GatewayRequest): Promise<{ seen: unknown } | Outcome>;
  /** Under the lock, before it is sent again: whether it is still wanted. */
  isWanted(change: Change, request: GatewayRequest): Promise<boolean>;
  /** Under the lock, just before it is first sent: what it asks, where it is still wanted. `customer`: empty where it names none. */
  prepare(change: Change, request: GatewayRequest, found: { customer: string; seen: unknown }): Promise<Prepared>;
  /** Under the lock: what the outcome does to the subject and its subscription. */
  settle(change: Change, request: GatewayRequest, outcome: Decided): Promise<void>;
  /** Under the lock: no answer can come any more; the next attempt, where it is still wanted. */
  again(change: Change, request: GatewayRequest): Promise<void>;
  /** Under the lock, once: the gateway has reversed its yes. Without it a person looks. */
  reversed?(change: Change, request: GatewayRequest, code: string): Promise<void>;
}

/** What a kind is told of an outcome; a contradiction is no usable answer to it. */
export type Decided = Exclude<Outcome, { kind: 'not_heard' | 'contradicts' }>;

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
