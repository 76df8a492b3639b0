/**
 * Tells one endpoint one event: signed by Standard Webhooks, with no transaction open while it answers. The job ends as
 * soon as the try has begun, so an endpoint that hangs never keeps a worker from charging; a crash in the middle costs
 * the claim's half minute and tells it twice.
 */
import { createHmac } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { machineNow } from '../platform/clock.js';
import { Config } from '../platform/config.js';
import { outgoingEndpoints, type OutgoingEndpoint } from '../platform/outgoing-endpoint.js';
import type { WebhookDeliveryEntity } from './delivery.entity.js';
import { DeliveryStore } from './delivery.store.js';
import { postPinned } from './post-pinned.js';

const ERROR_LENGTH_MAX = 300;

@Injectable()
export class DeliverEvent implements BeforeApplicationShutdown {
  private readonly logger = new Logger('webhooks');
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly config: Config,
    private readonly deliveries: DeliveryStore,
  ) {}

  async run(id: string): Promise<void> {
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

  private async attempt(delivery: WebhookDeliveryEntity): Promise<void> {
    const endpoint = outgoingEndpoints(this.config).find(({ name }) => name === delivery.endpoint);
    const error = await this.send(delivery, endpoint).catch((failure: Error) => failure.message);
    if (error === null) return this.deliveries.delivered(delivery);
    this.logger.warn(`${delivery.event.event} ${delivery.eventId} to ${delivery.endpoint}: ${error}`);
    await this.deliveries.failed(delivery, error.slice(0, ERROR_LENGTH_MAX));
  }

  /** Null when the endpoint took it, otherwise why not. */
  private async send({ eventId, event }: WebhookDeliveryEntity, endpoint?: OutgoingEndpoint): Promise<string | null> {
    if (endpoint === undefined) return 'this endpoint is not configured any more';
    const body = JSON.stringify({ type: event.event, timestamp: event.occurredAt, data: event.data });
    const status = await postPinned(endpoint.url, {
      body,
      headers: { 'content-type': 'application/json', ...signed(endpoint.secret, eventId, body) },
      timeoutMs: this.config.OUTGOING_WEBHOOK_TIMEOUT_MS,
      // A developer's own machine is private.
      anyAddress: this.config.NODE_ENV !== 'production',
    });
    return status >= 200 && status < 300 ? null : `the endpoint answered ${status}`;
  }
}

/** Machine time: the receiver refuses a signature that is some minutes old. */
function signed(secret: string, id: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(machineNow().getTime() / 1000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
