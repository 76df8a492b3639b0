/** What finance asks of the reports. */
import { IntersectionType } from '@nestjs/swagger';
import { IsOptional, Matches, registerDecorator } from 'class-validator';
import { IsCountry } from '../platform/params.dto.js';
import { PageQuery } from '../platform/page.js';
import { BOUND_FORM } from './period.js';

const MONTH = { message: '$property must be a month such as 2027-01' };
const MONTH_FORM = /^\d{4}-(0[1-9]|1[0-2])$/;

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

/** One that the calendar has: 2027-02-30 is none. */
function IsBound(): PropertyDecorator {
  const isBound = (value: unknown): boolean => {
    if (typeof value !== 'string' || !BOUND_FORM.test(value)) return false;
    const at = new Date(value);
    return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value.slice(0, 10));
  };
  const message = '$property must be a month, a day or an instant in UTC, such as 2027-01 or 2027-01-31';
  return (target, propertyName) =>
    registerDecorator({
      name: 'isBound',
      target: target.constructor,
      propertyName: String(propertyName),
      options: { message },
      validator: { validate: isBound },
    });
}
