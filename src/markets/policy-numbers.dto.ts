/** The form of a rule pack's numbers: each with its source, an absent one has its default (`domain/rule-pack.ts`). */
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  Equals,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidateByOptions,
} from 'class-validator';
import { isTimeZone } from '../platform/time/calendar.js';
import { DAYS_MAX } from './benefit-part.dto.js';

export abstract class Sourced {
  @IsString()
  @IsNotEmpty()
  source: string;
}

class TimeZoneNumber extends Sourced {
  @ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: (name) => typeof name === 'string' && isTimeZone(name),
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

/** At least one. */
class SomeDays extends Sourced {
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

/** Days before a term's end, most first; at the end itself nothing is announced any more. */
class NoticeDays extends Sourced {
  @IsArray()
  @ArrayMaxSize(10)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(DAYS_MAX, { each: true })
  @ValidateBy(inOrder('falling', (before, after) => before > after))
  value: number[];
}

/** Hours after the first failure, rising. */
class RetryHours extends Sourced {
  @IsArray()
  @ArrayMaxSize(20)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(DAYS_MAX * 24, { each: true })
  @ValidateBy(inOrder('rising', (before, after) => before < after))
  value: number[];
}

function inOrder(name: string, holds: (before: number, after: number) => boolean): ValidateByOptions {
  const fits = (values: unknown): boolean =>
    Array.isArray(values) && values.every((value: number, at) => at === 0 || holds(values[at - 1] as number, value));
  return { name, validator: { validate: fits, defaultMessage: () => `value must be ${name}, each once` } };
}

class NoticeWindow {
  @IsInt()
  @Min(0)
  @Max(DAYS_MAX)
  minDays: number;

  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  @ValidateBy({
    name: 'notBelowMinDays',
    validator: {
      validate: (days, args) => Number(days) >= (args?.object as NoticeWindow).minDays,
      defaultMessage: () => 'maxDays must not be below minDays',
    },
  })
  maxDays: number;
}

class RequiredNotice extends Sourced {
  @IsObject()
  @ValidateNested()
  @Type(() => NoticeWindow)
  value: NoticeWindow = new NoticeWindow();
}

export class NumbersPart {
  @IsObject() @ValidateNested() @Type(() => TimeZoneNumber) timeZone: TimeZoneNumber = new TimeZoneNumber();
  @IsObject() @ValidateNested() @Type(() => SomeDays) trialDays: SomeDays = new SomeDays();
  @IsObject() @ValidateNested() @Type(() => TermDays) paidTermDays: TermDays = new TermDays();
  @IsObject() @ValidateNested() @Type(() => Days) cancellationPeriodDays: Days = new Days();
  @IsObject() @ValidateNested() @Type(() => CoolingOff) coolingOff: CoolingOff = new CoolingOff();
  @IsObject() @ValidateNested() @Type(() => BenefitDeduction) benefitDeduction: BenefitDeduction =
    new BenefitDeduction();
  @IsObject() @ValidateNested() @Type(() => StartedDay) startedDay: StartedDay = new StartedDay();
  @IsObject() @ValidateNested() @Type(() => Consent) trialConversionConsent: Consent = new Consent();
  @IsObject() @ValidateNested() @Type(() => Days) renewalGraceDays: Days = new Days();
  @IsObject() @ValidateNested() @Type(() => Days) conversionGraceDays: Days = new Days();
  @IsObject() @ValidateNested() @Type(() => Days) priceNoticeDays: Days = new Days();
  /** Absent: a renewal is charged whether or not its notice can be proven. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => RequiredNotice)
  renewalRequiresNotice?: RequiredNotice;
  /** Calendar days within which a refund must be paid; absent: no law says. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => Days)
  refundDeadlineDays?: Days;
  /** Absent: 7 and 3. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => NoticeDays)
  trialNoticeDays?: NoticeDays;
  /** Absent: 40 and 7. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => NoticeDays)
  renewalNoticeDays?: NoticeDays;
  /** Absent: 12, 24, 48, 96 and 168 hours after the first failure. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => RetryHours)
  dunningRetryHours?: RetryHours;
  /** Days after the first failure; absent: 7. */
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => SomeDays)
  dunningDays?: SomeDays;
}
