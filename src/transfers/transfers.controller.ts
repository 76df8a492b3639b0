/** Where operations order that one contracting company hands its members over to another, and see how far that is. */
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TransferStore } from '../companies/transfer.store.js';
import { Database } from '../platform/database/database.js';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { OrderTransfer } from './order-transfer.js';
import { TransferBody } from './transfer.dto.js';
import { TransferView, viewTransfer } from './transfer.view.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/entity-transfers')
export class TransfersController {
  constructor(
    private readonly database: Database,
    private readonly transfers: TransferStore,
    private readonly orderTransfer: OrderTransfer,
  ) {}

  /** Transfers, newest first. */
  @Get()
  @ApiPage(TransferView)
  async list(@Query() query: PageQuery): Promise<Page<TransferView>> {
    return pageOf(await this.transfers.list(query), query, viewTransfer);
  }

  @Get(':id')
  async get(@Param() { id }: IdParam): Promise<TransferView> {
    return viewTransfer(await this.transfers.get(this.database.reader, id));
  }

  /** Orders a transfer; members, price, term and refunds are not affected (VIP 1.1, 8.3). 409 `already_published`. */
  @Post()
  async order(@Body() body: TransferBody, @Subject() subject: string): Promise<TransferView> {
    return viewTransfer(await this.orderTransfer.order(body, subject));
  }
}
