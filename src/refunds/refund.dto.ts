/** What finance asks about refunds, and sends to decide about them. */
import { IntersectionType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Length, Max, Min } from 'class-validator';
import type { RefundBasis } from '../domain/cancellation.js';
import type { RefundStatus } from '../domain/refund.js';
import { PageQuery } from '../platform/http/page.js';
import { IsBound, IsCountry } from '../platform/http/params.dto.js';

const DAYS_MAX = 3650;

export class RefundsFilter {
  @IsOptional()
  @IsIn(['pending', 'succeeded', 'failed'])
  status?: RefundStatus;

  /** Decided in this month, on this day or at this instant, or later. */
  @IsOptional()
  @IsBound()
  from?: string;

  /** Decided before the end of this month or day, or before this instant. */
  @IsOptional()
  @IsBound()
  to?: string;

  /** The membership's market. */
  @IsOptional()
  @IsCountry()
  country?: string;

  @IsOptional()
  @IsIn(['full', 'full_less_benefits', 'pro_rata', 'compensation', 'adopted'])
  basis?: RefundBasis;

  /** Decided so many days ago or longer. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(DAYS_MAX)
  olderThanDays?: number;

  /** Only those the market's law wanted paid by now and that are not, or only the others. */
  @IsOptional()
  @IsIn(['true', 'false'])
  overdue?: 'true' | 'false';
}

export class RefundsQuery extends IntersectionType(PageQuery, RefundsFilter) {}

export class RefundRetryBody {
  /** Why, for the record. */
  @Length(1, 500)
  reason: string;
}

/** Of a refund that others have made. */
export class RefundReasonBody {
  /** Why it was made, for the record. */
  @Length(1, 500)
  reason: string;
}

export class ManualRefundBody {
  /** Why it is not returned to the payment method, for the record. */
  @Length(1, 500)
  reason: string;

  /** The bank's name for the payment. */
  @Length(1, 200)
  bankReference: string;
}
