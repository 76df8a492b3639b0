/**
 * Tells one endpoint one event, with no transaction open while it answers. The job ends as soon as the try has begun, so
 * an endpoint that hangs never keeps a worker from charging; a crash in the middle costs the claim's half minute and
 * tells it twice.
 */
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { DeliveryEntity } from './delivery.entity.js';
import { DeliveryStore } from './delivery.store.js';
import type { EndpointName } from './outgoing-endpoint.js';
import { SendMail } from './send-mail.js';
import { SendWebhook } from './send-webhook.js';
import { RefusedForGood, type Sender } from './sender.js';

const ANSWER_LENGTH_MAX = 300;

@Injectable()
export class DeliverEvent implements BeforeApplicationShutdown {
  private readonly logger = new Logger('deliveries');
  private readonly senders: Record<EndpointName, Sender>;
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly deliveries: DeliveryStore,
    webhook: SendWebhook,
    mail: SendMail,
  ) {
    this.senders = { webhook, mail };
  }

  async deliver(id: string): Promise<void> {
    const delivery = await this.deliveries.take(id);
    if (delivery === null) return;
    const trying = this.attempt(delivery)
      // The claim runs out and it is tried again.
      .catch((error: Error) => this.logger.error(`delivery ${id}: ${error.message}`))
      .finally(() => this.underWay.delete(trying));
    this.underWay.add(trying);
  }

  /** Lets tries end while their database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async attempt(delivery: DeliveryEntity): Promise<void> {
    const { event, eventId, endpoint } = delivery;
    const answer = await this.senders[endpoint].send(delivery).catch((error: Error) => error);
    if (typeof answer === 'string') return this.deliveries.delivered(delivery, answer.slice(0, ANSWER_LENGTH_MAX));
    this.logger.warn(`${event.event} ${eventId} to ${endpoint}: ${answer.message}`);
    const reason = answer.message.slice(0, ANSWER_LENGTH_MAX);
    await this.deliveries.failed(delivery, reason, answer instanceof RefusedForGood);
  }
}
