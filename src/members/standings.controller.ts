/** Where the risk system records what it knows of a user. */
import { Body, Controller, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope, Subject } from '../platform/http/access.js';
import { UserIdParam } from '../platform/http/params.dto.js';
import { RecordStanding } from './record-standing.js';
import { StandingBody } from './standing.dto.js';
import type { StandingEntity } from './standing.entity.js';

@ApiTags('risk')
@RequireScope('risk')
@Controller('v1/users')
export class StandingsController {
  constructor(private readonly recordStanding: RecordStanding) {}

  /** Records a user's standing; only `good` may join (3.1.1). Later words replace earlier ones. */
  @Put(':userId/standing')
  put(
    @Param() { userId }: UserIdParam,
    @Body() body: StandingBody,
    @Subject() subject: string,
  ): Promise<StandingEntity> {
    return this.recordStanding.record(userId, body, subject);
  }
}
