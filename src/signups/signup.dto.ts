/** What the storefront sends to subscribe, and what it reads for the offer page. */
import { Equals, IsIn, IsLocale, IsOptional, IsString, Length, Matches } from 'class-validator';
import { IsCountry, PAYMENT_METHOD_FORM, USER_ID_FORM } from '../platform/http/params.dto.js';
import { MoneyView } from '../subscriptions/subscription.view.js';

export class SubscribeBody {
  @Matches(USER_ID_FORM)
  userId: string;

  /** The market: the ship-to country whose membership is bought (1.5). */
  @IsCountry()
  country: string;

  /** Where the member lives; decides with whom they contract (FMA 1.1). */
  @IsCountry()
  residenceCountry: string;

  @IsIn(['trial', 'paid'])
  startWith: 'trial' | 'paid';

  /** The gateway's token of the payment method. */
  @Matches(PAYMENT_METHOD_FORM)
  paymentMethod: string;

  /** The member authorizes deductions (3.2.1). */
  @Equals(true)
  deductionAuthorized: true;

  /** The version the member accepted; it must be the one in force. */
  @IsString()
  @Length(1, 64)
  agreementVersion: string;

  @IsOptional()
  @IsLocale()
  locale?: string;

  /** Consent to the paid conversion of the trial, where the market asks for it. */
  @IsOptional()
  @Equals(true)
  conversionConsent?: true;
}

export class OffersQuery {
  @IsCountry()
  country: string;

  @IsOptional()
  @Matches(USER_ID_FORM)
  userId?: string;
}

export class TrialOfferView {
  available: boolean;
  days: number;
  reason?: string;
}

export class BenefitView {
  code: string;
  kind: string;
  description: string;
  /** Days from the start of each term (4.2); absent = as long as the term. */
  validDays?: number;
  /** What one use is worth, in minor units of the market's currency; absent = each use says its own. */
  valueMinor?: number;
}

export class OfferView {
  country: string;
  status: string;
  price: MoneyView;
  termDays: number;
  trial: TrialOfferView;
  /** Calendar days of unconditional cancellation (3.4.1); 0 = none. */
  cancellationPeriodDays: number;
  benefits: BenefitView[];
  agreementVersion: string | null;
  eligible: boolean;
  reason?: string;
}
