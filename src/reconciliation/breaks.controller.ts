/** Where finance sees what does not agree, over all settlements, and closes it. */
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { BreakStore } from './break.store.js';
import { BreakView } from './break.view.js';
import { BreakResolutionBody, BreaksQuery } from './reconciliation.dto.js';
import { ResolveBreak } from './resolve-break.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/breaks')
export class BreaksController {
  constructor(
    private readonly breaks: BreakStore,
    private readonly resolveBreak: ResolveBreak,
  ) {}

  /** Breaks of all settlements, newest first. */
  @Get()
  @ApiPage(BreakView)
  list(@Query() query: BreaksQuery): Promise<Page<BreakView>> {
    return this.breaks.list(query);
  }

  /**
   * Explains a break, or settles or writes it off: then the first call proposes and the same from another person
   * approves. 409 `not_allowed_in_state`, 403 `four_eyes`.
   */
  @Post(':id/resolution')
  @HttpCode(200)
  async resolve(
    @Param() { id }: IdParam,
    @Body() { resolution, reason }: BreakResolutionBody,
    @Subject() subject: string,
  ): Promise<BreakView> {
    await this.resolveBreak.resolve({ breakId: id, resolution, reason, subject });
    return this.breaks.show(id);
  }
}
