/**
 * A subscriber of events as a storefront would write it: checks each signature with the official Standard Webhooks
 * library over the raw body, and does what the test says with what comes. It shares no code with the service.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  webhookId: string;
  type: string;
  timestamp: string;
  data: { subscriptionId: string; userId?: string; facts: Record<string, unknown> } & Record<string, unknown>;
}

/** An answer's status, or silence. */
export type Behaviour = number | 'hang' | 'reset';

export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Tries that carried no good signature. */
  readonly forged: string[] = [];
  behave: (event: Received) => Behaviour = () => 204;
  headers: Record<string, string> = {};
  url = '';
  private readonly server = createServer((request, response) => void this.take(request, response));

  constructor(private readonly secret: string) {}

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/billing-events`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** What came of one subscription, in the order it came, each once. */
  of(subscriptionId: string): Received[] {
    const own = this.received.filter((one) => one.data.subscriptionId === subscriptionId);
    return own.filter((one, index) => own.findIndex((other) => other.webhookId === one.webhookId) === index);
  }

  tries(webhookId: string): number {
    return this.received.filter((one) => one.webhookId === webhookId).length;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const headers = request.headers as Record<string, string>;
    let event: Received;
    try {
      const verified = new Webhook(this.secret).verify(body, headers) as Omit<Received, 'webhookId'>;
      event = { webhookId: headers['webhook-id'] ?? '', ...verified };
    } catch (error) {
      this.forged.push(`${String(error)}: ${body}`);
      response.writeHead(401).end();
      return;
    }
    this.received.push(event);
    const behaviour = this.behave(event);
    if (behaviour === 'hang') return;
    if (behaviour === 'reset') request.socket.destroy();
    else response.writeHead(behaviour, this.headers).end('thank you');
  }
}
