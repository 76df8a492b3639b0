/** How the way of an event to an endpoint is shown to operations. */
import type { WebhookDeliveryEntity } from './delivery.entity.js';

export class WebhookDeliveryView {
  id: string;
  /** The `webhook-id` header, the same at every try. */
  webhookId: string;
  event: string;
  subscriptionId: string | null;
  endpoint: string;
  status: 'pending' | 'delivered' | 'dead';
  attempts: number;
  nextAttemptAt: Date | null;
  /** Why the last try failed. */
  lastError: string | null;
  occurredAt: Date;
  deliveredAt: Date | null;
}

export function viewDelivery({ id, eventId, event, ...delivery }: WebhookDeliveryEntity): WebhookDeliveryView {
  const { endpoint, status, attempts, nextAttemptAt, lastError, deliveredAt } = delivery;
  return {
    id,
    webhookId: eventId,
    event: event.event,
    subscriptionId: event.subscriptionId,
    endpoint,
    status,
    attempts,
    nextAttemptAt,
    lastError,
    occurredAt: event.occurredAt,
    deliveredAt,
  };
}
