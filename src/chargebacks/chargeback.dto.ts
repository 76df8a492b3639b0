/** What finance asks of chargebacks. */
import { IsIn, IsOptional } from 'class-validator';
import type { ChargebackStatus } from '../domain/chargeback.js';
import { PageQuery } from '../platform/http/page.js';

export class ChargebacksQuery extends PageQuery {
  @IsOptional()
  @IsIn(['open', 'won', 'lost'])
  status?: ChargebackStatus;
}
