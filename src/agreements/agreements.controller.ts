/** Where operations publish versions of the agreement and see which there are. */
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { ApiPage, type Page } from '../platform/http/page.js';
import { AgreementBody, AgreementsQuery } from './agreement.dto.js';
import { AgreementStore } from './agreement.store.js';
import { AgreementView, viewAgreement } from './agreement.view.js';
import { PublishAgreement } from './publish-agreement.js';

@ApiTags('operations')
@RequireScope('operations')
@Controller('v1/agreements')
export class AgreementsController {
  constructor(
    private readonly agreements: AgreementStore,
    private readonly publishAgreement: PublishAgreement,
  ) {}

  /** Versions, the latest to take effect first. */
  @Get()
  @ApiPage(AgreementView)
  async list(@Query() query: AgreementsQuery): Promise<Page<AgreementView>> {
    const { data, nextCursor } = await this.agreements.list(query);
    return { data: data.map(viewAgreement), nextCursor };
  }

  /** Publishes a version; sign-ups must accept it from its instant on. 409 `already_published`. */
  @Post()
  async publish(@Body() body: AgreementBody, @Subject() subject: string): Promise<AgreementView> {
    return viewAgreement(await this.publishAgreement.publish(body, subject));
  }
}
