/** Where operations see what subscribers were told, and send again what they did not take. */
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/access.js';
import { NoBody } from '../platform/no-body.dto.js';
import { pageOf, type Page } from '../platform/page.js';
import { IdParam } from '../platform/params.dto.js';
import { DeliveriesQuery } from './delivery.dto.js';
import { DeliveryStore } from './delivery.store.js';
import { viewDelivery, WebhookDeliveryView } from './delivery.view.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/webhook-deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveryStore) {}

  /** Outgoing webhooks, newest first; `status=dead` are those no endpoint took in eight tries. */
  @Get()
  async list(@Query() query: DeliveriesQuery): Promise<Page<WebhookDeliveryView>> {
    return pageOf(await this.deliveries.list(query.status, query), query, viewDelivery);
  }

  /** Starts its eight tries again, under the same webhook id. 409 `not_allowed_in_state` while it is still tried. */
  @Post(':id/replay')
  @HttpCode(200)
  async replay(@Param() { id }: IdParam, @Body() _body: NoBody): Promise<WebhookDeliveryView> {
    return viewDelivery(await this.deliveries.replay(id));
  }
}
