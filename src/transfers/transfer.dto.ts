/** What operations orders: from whom to whom, for which country of residence, and from when. */
import { IsOptional, Matches } from 'class-validator';
import { IsCountry, IsInstant } from '../platform/http/params.dto.js';

/** A company's name: 1 to 200 characters on one line, no space at either end. */
const COMPANY_FORM = /^(?=.{1,200}$)\S(.*\S)?$/;

export class TransferBody {
  /** The company the members contract with now. */
  @Matches(COMPANY_FORM)
  from: string;

  /** The company that takes over. */
  @Matches(COMPANY_FORM)
  to: string;

  /** Country of residence; left out, everywhere. */
  @IsOptional()
  @IsCountry()
  country?: string;

  @IsInstant()
  effectiveAt: string;
}
