/** Where operations see and close what needs a person. Closing a case moves no money. */
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, PageQuery, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { ResolutionBody } from './case.dto.js';
import { CaseEntity } from './case.entity.js';
import { CaseStore } from './case.store.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/cases')
export class CasesController {
  constructor(private readonly cases: CaseStore) {}

  /** Open cases, newest first. */
  @Get()
  @ApiPage(CaseEntity)
  async list(@Query() query: PageQuery): Promise<Page<CaseEntity>> {
    return pageOf(await this.cases.listOpen(query), query, (row) => row);
  }

  @Post(':id/resolution')
  @HttpCode(200)
  resolve(
    @Param() { id }: IdParam,
    @Body() { resolution, reason }: ResolutionBody,
    @Subject() subject: string,
  ): Promise<CaseEntity> {
    return this.cases.resolve(id, subject, reason === undefined ? resolution : `${resolution}: ${reason}`);
  }
}
