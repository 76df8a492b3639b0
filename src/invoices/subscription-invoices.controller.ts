/** Where the storefront reads what a member was invoiced. */
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { DocumentStore } from './document.store.js';
import { DocumentView, viewDocument } from './document.view.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/invoices')
export class SubscriptionInvoicesController {
  constructor(
    private readonly subscriptions: SubscriptionStore,
    private readonly documents: DocumentStore,
  ) {}

  /** Invoices and credit notes of a subscription, newest first; one comes a moment after its payment. */
  @Get()
  @ApiPage(DocumentView)
  async list(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<DocumentView>> {
    await this.subscriptions.get(id);
    return pageOf(await this.documents.list({ ...query, subscriptionId: id }), query, viewDocument);
  }
}
