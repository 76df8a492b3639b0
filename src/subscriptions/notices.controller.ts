/** Where the storefront reads what a member was told and will be. */
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { NoticeStore } from './notice.store.js';
import { viewNotice, NoticeView } from './notice.view.js';
import { SubscriptionStore } from './subscription.store.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions/:id/notices')
export class NoticesController {
  constructor(
    private readonly subscriptions: SubscriptionStore,
    private readonly notices: NoticeStore,
  ) {}

  /** Notices with their window, words and proof of delivery, newest first. */
  @Get()
  @ApiPage(NoticeView)
  async list(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<NoticeView>> {
    await this.subscriptions.get(id);
    return pageOf(await this.notices.list(id, query), query, viewNotice);
  }
}
