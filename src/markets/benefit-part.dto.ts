/** The form of a benefit in a rule pack (4.1, 4.2), shipped or published. */
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { AMOUNT_MAX } from '../platform/http/money.dto.js';

export const DAYS_MAX = 3650;

export class BenefitPart {
  @Matches(/^[a-z][a-z0-9_]*$/)
  code: string;

  @IsIn(['cashback', 'coupon', 'customer_service'])
  kind: string;

  @IsString()
  @IsNotEmpty()
  description: string;

  /** Days from the start of each term (4.2); absent = as long as the term. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  validDays?: number;

  /** What one use is worth, in minor units of the market's currency; absent = each use says its own. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(AMOUNT_MAX)
  valueMinor?: number;
}
