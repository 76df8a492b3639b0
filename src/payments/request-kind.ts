/**
 * What the one way through asks of each kind of gateway request: charges and validations live in this room, refunds
 * register from theirs.
 */
import { Injectable } from '@nestjs/common';
import type { Change } from '../subscriptions/change.js';
import type { GatewayRequestEntity, RequestKindName } from './gateway-request.entity.js';
import type { Outcome } from './outcome.js';

export interface RequestKind {
  readonly kind: RequestKindName;
  /**
   * Under the lock, just before sending: the call to make when it is still wanted, or null to take it back. The call
   * runs later, with no transaction open.
   */
  prepare(change: Change, request: GatewayRequestEntity): Promise<(() => Promise<Outcome>) | null>;
  /** Asks the gateway by reference; null when it never heard of it. */
  ask(request: GatewayRequestEntity): Promise<Outcome | null>;
  /** Tells the gateway to forget it; it may turn out to have succeeded. */
  withdraw(request: GatewayRequestEntity): Promise<Outcome>;
  /** Under the lock: what the outcome does to the subject and its subscription. */
  settle(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void>;
}

@Injectable()
export class RequestKinds {
  private readonly kinds = new Map<RequestKindName, RequestKind>();

  register(kind: RequestKind): void {
    this.kinds.set(kind.kind, kind);
  }

  of({ kind }: GatewayRequestEntity): RequestKind {
    const found = this.kinds.get(kind);
    if (found === undefined) throw new Error(`nobody handles gateway requests of kind ${kind}`);
    return found;
  }
}
