/** What finance sends to load settlements, to look for breaks and to close them. */
import { IsIn, IsOptional, Length } from 'class-validator';
import {
  BREAK_KINDS,
  BREAK_STATUSES,
  RESOLUTIONS,
  type BreakKind,
  type BreakStatus,
  type Resolution,
} from '../domain/reconciliation.js';
import { PageQuery } from '../platform/http/page.js';
import { GATEWAYS, type Gateway } from './formats.js';
import { SETTLEMENT_STATUSES, type SettlementStatus } from './settlement.entity.js';

export class GatewayQuery {
  /** Whose file it is; it decides the format. */
  @IsIn(GATEWAYS)
  gateway: Gateway;
}

export class SettlementsQuery extends PageQuery {
  @IsOptional()
  @IsIn(GATEWAYS)
  gateway?: Gateway;

  @IsOptional()
  @IsIn(SETTLEMENT_STATUSES)
  status?: SettlementStatus;
}

export class BreaksQuery extends PageQuery {
  @IsOptional()
  @IsIn(BREAK_STATUSES)
  status?: BreakStatus;

  @IsOptional()
  @IsIn(BREAK_KINDS)
  kind?: BreakKind;
}

export class BreakResolutionBody {
  /** `explained` by one person; `resolved` and `write_off` by two: the second sends the same. */
  @IsIn(RESOLUTIONS)
  resolution: Resolution;

  /** What was found and done. */
  @Length(1, 1000)
  reason: string;
}
