/** Where operations see what was told by webhook and by mail, and send again what was not taken. */
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { ApiPage, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { DeliveriesQuery } from './delivery.dto.js';
import { DeliveryStore } from './delivery.store.js';
import { DeliveryView, viewDelivery } from './delivery.view.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveryStore) {}

  /** Webhooks and mails, newest first; `status=dead` are those not taken in eight tries, or refused for good. */
  @Get()
  @ApiPage(DeliveryView)
  async list(@Query() query: DeliveriesQuery): Promise<Page<DeliveryView>> {
    return pageOf(await this.deliveries.list(query), query, viewDelivery);
  }

  /** Starts its eight tries again, under the same event id. 409 `not_allowed_in_state` while it is still tried. */
  @Post(':id/replay')
  @HttpCode(200)
  async replay(@Param() { id }: IdParam, @Body() _body: NoBody): Promise<DeliveryView> {
    return viewDelivery(await this.deliveries.replay(id));
  }
}
