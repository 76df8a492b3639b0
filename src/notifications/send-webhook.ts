/** Sends an event to the configured webhook, signed by Standard Webhooks; any 2xx takes it. */
import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config.js';
import { machineNow } from '../platform/time/clock.js';
import type { DeliveryEntity } from './delivery.entity.js';
import { webhookOf } from './outgoing-endpoint.js';
import { postPinned } from './post-pinned.js';
import type { Sender } from './sender.js';

@Injectable()
export class SendWebhook implements Sender {
  constructor(private readonly config: Config) {}

  async send({ eventId, event }: DeliveryEntity): Promise<string> {
    const webhook = webhookOf(this.config);
    if (webhook === null) throw new Error('no webhook is configured any more');
    const body = JSON.stringify({ type: event.event, timestamp: event.occurredAt, data: event.data });
    const status = await postPinned(webhook.url, {
      body,
      headers: { 'content-type': 'application/json', ...signed(webhook.secret, eventId, body) },
      timeoutMs: this.config.OUTGOING_TIMEOUT_MS,
      // A developer's own machine is private.
      anyAddress: this.config.NODE_ENV !== 'production',
    });
    if (status < 200 || status > 299) throw new Error(`the endpoint answered ${status}`);
    return String(status);
  }
}

/** Machine time: the receiver refuses a signature that is some minutes old. */
function signed(secret: string, id: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(machineNow().getTime() / 1000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
