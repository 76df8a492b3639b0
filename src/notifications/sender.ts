/** What sends an event to one kind of endpoint. It tries once; when to try again is decided elsewhere. */
import type { DeliveryEntity } from './delivery.entity.js';

export interface Sender {
  /** What the endpoint answered when it took the event. Rejects with why it did not. */
  send(delivery: DeliveryEntity): Promise<string>;
}

/** No later try can end otherwise: a person has to look at it. */
export class RefusedForGood extends Error {}
