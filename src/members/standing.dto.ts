/** What the risk system says of a user. */
import { IsIn, IsNotEmpty, IsString, Length } from 'class-validator';
import { STANDINGS, type Standing } from '../domain/eligibility.js';

export class StandingBody {
  @IsIn(STANDINGS)
  standing: Standing;

  /** Why, for those who read the record later. */
  @IsString()
  @IsNotEmpty()
  @Length(1, 500)
  reason: string;
}
