/** Where finance closes a month. */
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { Idempotency, Keyed, KeyedRoute, type KeyedRequest } from '../platform/http/idempotency.js';
import { CloseMonth, type MonthClose } from './close-month.js';
import { MonthBody, MonthCloseView } from './ledger.dto.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/ledger/month-closes')
export class MonthClosesController {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly closeMonth: CloseMonth,
  ) {}

  /** Closes a month that is over, and every earlier one still open; a worker does it. 409 `month_not_over`. */
  @Post()
  @HttpCode(202)
  @KeyedRoute()
  order(@Body() body: MonthBody, @Subject() subject: string, @Keyed() keyed: KeyedRequest): Promise<MonthCloseView> {
    return this.idempotency.answerOnce(keyed, {
      act: (bind) => this.closeMonth.order(body.month, subject, bind),
      answer: async (id) => viewClose(await this.closeMonth.byId(id)),
    });
  }

  /** How far it is. 404 `not_found` when nobody asked for it. */
  @Get(':month')
  async get(@Param() { month }: MonthBody): Promise<MonthCloseView> {
    return viewClose(await this.closeMonth.show(month));
  }
}

function viewClose({ month, status, terms, entries, lookedAt, total, ...rest }: MonthClose): MonthCloseView {
  const { requestedBy, startedAt, doneAt } = rest;
  return { month, status, terms, entries, progress: { done: lookedAt, total }, requestedBy, startedAt, doneAt };
}
