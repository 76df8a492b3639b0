/** The switch of auto-renewal. */
import { IsBoolean } from 'class-validator';

export class AutoRenewalBody {
  @IsBoolean()
  enabled: boolean;
}
