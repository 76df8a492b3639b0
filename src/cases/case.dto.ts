/** With which words a case is closed. */
import { IsOptional, Length } from 'class-validator';

export class ResolutionBody {
  /** What was found and done. */
  @Length(1, 1000)
  resolution: string;

  /** Why, where that is worth a sentence of its own. */
  @IsOptional()
  @Length(1, 1000)
  reason?: string;
}
