/** What finance asks of the reports. */
import { IntersectionType } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { PageQuery } from '../platform/http/page.js';
import { IsBound, IsCountry } from '../platform/http/params.dto.js';

const MONTH = { message: '$property must be a month such as 2027-01' };
const MONTH_FORM = /^2\d{3}-(0[1-9]|1[0-2])$/;

/** Months, first and last, both included. */
export class MonthsQuery {
  /** `2027-01`, UTC; without it, the first month with anything in it. */
  @IsOptional()
  @Matches(MONTH_FORM, MONTH)
  from?: string;

  /** `2027-12`, UTC; without it, and after it, the current one. */
  @IsOptional()
  @Matches(MONTH_FORM, MONTH)
  to?: string;

  @IsOptional()
  @Matches(/^[A-Z]{3}$/)
  currency?: string;
}

export class PeriodQuery {
  /** A month, a day or an instant, UTC; counted from its first instant. */
  @IsBound()
  from: string;

  /** A month, a day, both included, or an instant, which is not. */
  @IsBound()
  to: string;
}

export class RefundsPeriod extends PeriodQuery {
  /** The membership's market. */
  @IsOptional()
  @IsCountry()
  country?: string;
}

export class RefundsQuery extends IntersectionType(RefundsPeriod, PageQuery) {}
