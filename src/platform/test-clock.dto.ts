/** How far the test clock shall move. */
import { IsISO8601, IsOptional, IsString } from 'class-validator';

export class MoveClockBody {
  /** The instant to go to; forward only. */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;

  /** How far to go instead: an ISO 8601 duration such as `P30D` or `PT12H`. */
  @IsOptional()
  @IsString()
  advance?: string;
}
