/** What is asked and answered about benefits. */
import { Matches } from 'class-validator';
import { IsCountry, USER_ID_FORM } from '../platform/http/params.dto.js';

export class EntitlementQuery {
  @Matches(USER_ID_FORM)
  userId: string;

  /** The country the order ships to (1.5). */
  @IsCountry()
  shipTo: string;
}

export class EntitlementView {
  entitled: boolean;
  reason: string;
  clause?: string;
  subscriptionId?: string;
  until?: Date;
  /** Codes of the benefits that are on. */
  benefits: string[];
}
