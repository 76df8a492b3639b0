/** Where finance sees every refund, sends one that failed again, or pays it another way with four eyes. */
import { Body, Controller, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RequestStore } from '../gateway/request.store.js';
import { RequireScope, Subject } from '../platform/http/access.js';
import { CsvAnswers, CsvRoute } from '../platform/http/csv.js';
import { NoBody } from '../platform/http/no-body.dto.js';
import { ApiPage, limitOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { WaitMs, WaitRoute } from '../platform/time/wait.js';
import { ApproveManualRefund } from './approve-manual-refund.js';
import { GiveRefundReason } from './give-refund-reason.js';
import { ListRefunds, REFUND_COLUMNS } from './list-refunds.js';
import { ManualRefundView, ListedRefundView, viewManualRefund, viewListedRefund } from './manual-refund.view.js';
import { ProposeManualRefund } from './propose-manual-refund.js';
import { ManualRefundBody, RefundReasonBody, RefundRetryBody, RefundsFilter, RefundsQuery } from './refund.dto.js';
import { RetryRefund } from './retry-refund.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1')
export class ManualRefundsController {
  constructor(
    private readonly listRefunds: ListRefunds,
    private readonly retryRefund: RetryRefund,
    private readonly proposeManualRefund: ProposeManualRefund,
    private readonly approveManualRefund: ApproveManualRefund,
    private readonly giveRefundReason: GiveRefundReason,
    private readonly requests: RequestStore,
    private readonly csv: CsvAnswers,
  ) {}

  /** Refunds of all memberships, newest first. */
  @Get('refunds')
  @ApiPage(ListedRefundView)
  async list(@Query() query: RefundsQuery): Promise<Page<ListedRefundView>> {
    const found = await this.listRefunds.list(query);
    const data = found.slice(0, limitOf(query)).map(viewListedRefund);
    return { data, nextCursor: found.length > data.length ? (data.at(-1)?.id ?? null) : null };
  }

  /** All of them as a file, newest first. */
  @Get('refunds.csv')
  @CsvRoute()
  file(@Query() query: RefundsFilter, @Res() response: Response): Promise<void> {
    const rows = (gone: AbortSignal): AsyncGenerator<object[]> => this.listRefunds.lines(query, gone);
    return this.csv.send(response, { name: 'refunds', columns: REFUND_COLUMNS, rows });
  }

  @Get('refunds/:id')
  async show(@Param() { id }: IdParam): Promise<ListedRefundView> {
    return viewListedRefund(await this.listRefunds.one(id));
  }

  /** Sends a failed refund again now. 409 `not_allowed_in_state`, `payment_in_progress`, `charge_disputed`. */
  @WaitRoute()
  @Post('refunds/:id/retries')
  @HttpCode(200)
  async retry(
    @Param() { id }: IdParam,
    @Body() { reason }: RefundRetryBody,
    @Subject() subject: string,
    @WaitMs() waitMs: number,
  ): Promise<ListedRefundView> {
    const subscriptionId = await this.retryRefund.retry(id, reason, subject);
    await this.requests.waitUntilDecided(subscriptionId, waitMs);
    return this.show({ id });
  }

  /** Gives a refund that was found at the gateway its reason. 409 `not_allowed_in_state` for one that was made here. */
  @Put('refunds/:id/reason')
  async giveReason(
    @Param() { id }: IdParam,
    @Body() { reason }: RefundReasonBody,
    @Subject() subject: string,
  ): Promise<ListedRefundView> {
    await this.giveRefundReason.give(id, reason, subject);
    return this.show({ id });
  }

  /** Proposes to pay it another way. 409 `not_allowed_in_state`, `payment_in_progress`, `charge_disputed`. */
  @Post('refunds/:id/payouts')
  @HttpCode(202)
  async propose(
    @Param() { id: refundId }: IdParam,
    @Body() { reason, bankReference }: ManualRefundBody,
    @Subject() subject: string,
  ): Promise<ManualRefundView> {
    return viewManualRefund(await this.proposeManualRefund.propose({ refundId, reason, bankReference, subject }));
  }

  /** Approves it: the refund is paid. 403 `four_eyes`, 409 `not_allowed_in_state`, `payment_in_progress`, `charge_disputed`. */
  @Post('refund-payouts/:id/approval')
  @HttpCode(200)
  async approve(
    @Param() { id }: IdParam,
    @Body() _body: NoBody,
    @Subject() subject: string,
  ): Promise<ListedRefundView> {
    return this.show({ id: await this.approveManualRefund.approve(id, subject) });
  }
}
