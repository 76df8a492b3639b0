/** Where the gateway tells of events: verified over the raw body, stored, answered; applied by a worker. */
import { Controller, Headers, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Public } from '../platform/access.js';
import { ApplyEvent, type GatewayEvent } from './apply-event.js';
import { StripeGateway } from './stripe-gateway.js';

@ApiTags('machines')
@Public()
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly gateway: StripeGateway,
    private readonly applyEvent: ApplyEvent,
  ) {}

  /** Refuses 400 `webhook_signature_invalid`; an event that came before is answered the same and applied once. */
  @Post('stripe')
  @HttpCode(200)
  async receive(@Req() request: Request, @Headers('stripe-signature') signature?: string): Promise<{ received: true }> {
    const payload = typeof request.body === 'string' ? request.body : '';
    const event = this.gateway.readEvent(payload, signature ?? '');
    await this.applyEvent.keep(event as unknown as GatewayEvent);
    return { received: true };
  }
}
