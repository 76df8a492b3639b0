/** What the storefront can read of memberships; every change has its own flow elsewhere. */
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { ShowSubscription } from './show-subscription.js';
import { SubscriptionStore } from './subscription.store.js';
import { SubscriptionView, TermView, TimelineView } from './subscription.view.js';
import { SubscriptionsQuery } from './subscriptions.dto.js';
import { TimelineStore } from './timeline.store.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly showSubscription: ShowSubscription,
    private readonly subscriptions: SubscriptionStore,
    private readonly timeline: TimelineStore,
  ) {}

  /** Subscriptions of a user, a market or a status, newest first. */
  @Get()
  @ApiPage(SubscriptionView)
  async list(@Query() query: SubscriptionsQuery): Promise<Page<SubscriptionView>> {
    const { userId, country, status } = query;
    const found = await this.subscriptions.list({ userId, country, status }, query);
    const page = pageOf(found, query, (row) => row);
    return {
      data: await Promise.all(page.data.map((row) => this.showSubscription.view(row))),
      nextCursor: page.nextCursor,
    };
  }

  @Get(':id')
  get(@Param() { id }: IdParam): Promise<SubscriptionView> {
    return this.showSubscription.show(id);
  }

  /** Every move, charge, refund and refusal with its clause, explanation and inputs, newest first. */
  @Get(':id/timeline')
  @ApiPage(TimelineView)
  async readTimeline(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<TimelineView>> {
    await this.subscriptions.get(id);
    return pageOf(await this.timeline.list(id, query), query, (line) => {
      const { at, actor, event, clause, explanation, data } = line;
      return { at, actor, event, ...(clause === null ? {} : { clause }), explanation, data };
    });
  }

  /** The stretches of service, newest first. */
  @Get(':id/terms')
  @ApiPage(TermView)
  terms(@Param() { id }: IdParam, @Query() query: PageQuery): Promise<Page<TermView>> {
    return this.showSubscription.terms(id, query);
  }
}
