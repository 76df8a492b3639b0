/** Where gateways tell of events: verified over the raw body, stored, answered; applied by a worker. */
import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Refusal } from '../domain/refusal.js';
import { Public } from '../platform/http/access.js';
import { ApplyEvent } from './apply-event.js';
import { Gateways } from './payment-gateway.js';

@ApiTags('machines')
@Public()
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly gateways: Gateways,
    private readonly applyEvent: ApplyEvent,
  ) {}

  /**
   * Refuses 404 `not_found` for a gateway that is not used here, 400 `webhook_signature_invalid`, `webhook_unreadable`; an
   * event that came before is answered the same and applied once.
   */
  @Post(':gateway')
  @HttpCode(200)
  async receive(@Req() request: Request, @Param('gateway') name: string): Promise<{ received: true }> {
    const gateway = this.gateways.find(name);
    if (gateway === null) throw new Refusal('not_found', `No payment gateway is called ${name} here.`);
    const body = typeof request.body === 'string' ? request.body : '';
    await this.applyEvent.keep(
      name,
      gateway.readNotice(body, (header) => request.get(header)),
    );
    return { received: true };
  }
}
