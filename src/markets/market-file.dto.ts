/** The form of a shipped market file: every number with its source; anything else in it is a fault. */
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  Equals,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsISO8601,
  IsNotEmpty,
  IsString,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { isTimeZone } from '../platform/calendar.js';

const DAYS_MAX = 3650;

abstract class Sourced {
  @IsString()
  @IsNotEmpty()
  source: string;
}

class TimeZoneNumber extends Sourced {
  @ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: (name) => isTimeZone(String(name)),
      defaultMessage: () => 'value must be an IANA time zone',
    },
  })
  value: string;
}

class Days extends Sourced {
  @IsInt()
  @Min(0)
  @Max(DAYS_MAX)
  value: number;
}

class TermDays extends Sourced {
  @Equals(365)
  value: number;
}

class TrialDays extends Sourced {
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  value: number;
}

class CoolingOff extends Sourced {
  @IsIn(['first_paid_term', 'every_paid_term'])
  value: string;
}

class BenefitDeduction extends Sourced {
  @IsIn(['none', 'value_used', 'time_used'])
  value: string;
}

class StartedDay extends Sourced {
  @IsIn(['left', 'used'])
  value: string;
}

class Consent extends Sourced {
  @IsIn(['implied', 'explicit'])
  value: string;
}

class NumbersPart {
  @ValidateNested() @Type(() => TimeZoneNumber) timeZone: TimeZoneNumber = new TimeZoneNumber();
  @ValidateNested() @Type(() => TrialDays) trialDays: TrialDays = new TrialDays();
  @ValidateNested() @Type(() => TermDays) paidTermDays: TermDays = new TermDays();
  @ValidateNested() @Type(() => Days) cancellationPeriodDays: Days = new Days();
  @ValidateNested() @Type(() => CoolingOff) coolingOff: CoolingOff = new CoolingOff();
  @ValidateNested() @Type(() => BenefitDeduction) benefitDeduction: BenefitDeduction = new BenefitDeduction();
  @ValidateNested() @Type(() => StartedDay) startedDay: StartedDay = new StartedDay();
  @ValidateNested() @Type(() => Consent) trialConversionConsent: Consent = new Consent();
  @ValidateNested() @Type(() => Days) renewalGraceDays: Days = new Days();
  @ValidateNested() @Type(() => Days) conversionGraceDays: Days = new Days();
  @ValidateNested() @Type(() => Days) priceNoticeDays: Days = new Days();
}

class BenefitPart {
  @Matches(/^[a-z][a-z0-9_]*$/)
  code: string;

  @IsIn(['cashback', 'coupon', 'customer_service'])
  kind: string;

  @IsString()
  @IsNotEmpty()
  description: string;
}

class RulePackPart {
  @IsInt()
  @Min(1)
  version: number;

  @IsISO8601({ strict: true })
  effectiveFrom: string;

  @ValidateNested()
  @Type(() => NumbersPart)
  numbers: NumbersPart = new NumbersPart();

  @ValidateNested({ each: true })
  @Type(() => BenefitPart)
  benefits: BenefitPart[] = [];
}

class PricePart extends Sourced {
  /** Minor units. */
  @IsInt()
  @Min(1)
  amount: number;

  @IsISO8601({ strict: true })
  effectiveFrom: string;
}

export class MarketFile {
  @IsISO31661Alpha2()
  country: string;

  @Matches(/^[A-Z]{3}$/)
  currency: string;

  @IsIn(['open', 'closed'])
  status: 'open' | 'closed';

  @ArrayMinSize(1)
  @ValidateNested({ each: true })
  @Type(() => RulePackPart)
  rulePacks: RulePackPart[] = [];

  @ArrayMinSize(1)
  @ValidateNested({ each: true })
  @Type(() => PricePart)
  prices: PricePart[] = [];
}
