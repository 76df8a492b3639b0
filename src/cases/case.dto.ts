/** With which words a case is closed. */
import { Length } from 'class-validator';

export class ResolutionBody {
  /** What was found and done. */
  @Length(1, 1000)
  resolution: string;
}
