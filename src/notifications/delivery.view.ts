/** How the way of an event to an endpoint is shown to operations. */
import type { DeliveryEntity } from './delivery.entity.js';

export class DeliveryView {
  id: string;
  /** The same at every try: the `webhook-id` header, and what stands before the @ in a mail's `Message-ID`. */
  eventId: string;
  event: string;
  subscriptionId: string | null;
  endpoint: 'webhook' | 'mail';
  status: 'pending' | 'delivered' | 'dead';
  attempts: number;
  nextAttemptAt: Date | null;
  /** Why the last try failed. */
  lastError: string | null;
  occurredAt: Date;
  /** When the endpoint last took it. */
  deliveredAt: Date | null;
  /** What it answered then: an HTTP status, or the relay's 250. */
  answer: string | null;
}

export function viewDelivery({ id, eventId, event, ...delivery }: DeliveryEntity): DeliveryView {
  const { endpoint, status, attempts, nextAttemptAt, lastError, deliveredAt, answer } = delivery;
  return {
    id,
    eventId,
    event: event.event,
    subscriptionId: event.subscriptionId,
    endpoint,
    status,
    attempts,
    nextAttemptAt,
    lastError,
    occurredAt: event.occurredAt,
    deliveredAt,
    answer,
  };
}
