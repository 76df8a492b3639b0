/** How far the test clock shall move. */
import { IsOptional, IsString } from 'class-validator';
import { IsInstant } from '../http/params.dto.js';

export class MoveClockBody {
  /** The instant to go to; forward only. */
  @IsOptional()
  @IsInstant()
  to?: string;

  /** How far to go instead: an ISO 8601 duration such as `P30D` or `PT12H`. */
  @IsOptional()
  @IsString()
  advance?: string;
}
