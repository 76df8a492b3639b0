/** Where the gateway tells of events: verified over the raw body, stored, answered; applied by a worker. */
import { Controller, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Public } from '../platform/http/access.js';
import { RequestProblem } from '../platform/http/problem.js';
import { ApplyEvent, type GatewayEvent } from './apply-event.js';
import { StripeGateway } from './stripe/stripe-gateway.js';

@ApiTags('machines')
@Public()
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly gateway: StripeGateway,
    private readonly applyEvent: ApplyEvent,
  ) {}

  /**
   * Refuses 400 `webhook_signature_invalid`, `webhook_unreadable`; an event that came before is answered the same and
   * applied once.
   */
  @Post('stripe')
  @HttpCode(200)
  async receive(@Req() request: Request, @Headers('stripe-signature') signature?: string): Promise<{ received: true }> {
    const payload = typeof request.body === 'string' ? request.body : '';
    const event: unknown = this.gateway.readEvent(payload, signature ?? '');
    if (!isEvent(event)) throw new RequestProblem(400, 'webhook_unreadable', 'This is signed, but it is no event.');
    await this.applyEvent.keep(event);
    return { received: true };
  }
}

function isEvent(read: unknown): read is GatewayEvent {
  const { id, type, data } = (read ?? {}) as Partial<GatewayEvent>;
  return typeof id === 'string' && typeof type === 'string' && Object(data?.object) === data?.object;
}
