/** The days of membership that operations give a user without a fee. */
import { IsInt, IsNotEmpty, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { IsCountry } from '../platform/http/params.dto.js';

const DAYS_MAX = 3650;

export class TemporaryMembershipBody {
  /** The market: the ship-to country whose membership is given (1.5). */
  @IsCountry()
  country: string;

  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  days: number;

  /** Why, for those who read the record later. */
  @IsString()
  @IsNotEmpty()
  @Length(1, 500)
  reason: string;

  /** Where the member lives; left out, where they lived in their last membership there, else the market. */
  @IsOptional()
  @IsCountry()
  residenceCountry?: string;
}
