/** Parameters that many routes share, with the form each must have. */
import { applyDecorators } from '@nestjs/common';
import { IsISO31661Alpha2, IsISO8601, IsUppercase, IsUUID, Matches, registerDecorator } from 'class-validator';
import { BOUND_FORM } from './period.js';

/** An opaque user id of the storefront: 1 to 128 visible characters. */
export const USER_ID_FORM = /^[\w.:@|+-]{1,128}$/;

/** The gateway's token of a payment method. */
export const PAYMENT_METHOD_FORM = /^pm_\w{1,100}$/;

/** An ISO 3166-1 code such as `ES`; `es` is another text to the database, so it is none. */
export function IsCountry(): PropertyDecorator {
  return applyDecorators(IsISO31661Alpha2(), IsUppercase());
}

const INSTANT_FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** An instant in UTC, to the millisecond at most: `2026-03-01T10:00:00.000Z`. */
export function IsInstant(): PropertyDecorator {
  const message = '$property must be an instant in UTC such as 2026-03-01T10:00:00.000Z';
  return applyDecorators(Matches(INSTANT_FORM, { message }), IsISO8601({ strict: true }, { message }));
}

/** A month, a day or an instant in UTC that the calendar has: 2027-02-30 is none. */
export function IsBound(): PropertyDecorator {
  const isBound = (value: unknown): boolean => {
    if (typeof value !== 'string' || !BOUND_FORM.test(value)) return false;
    const at = new Date(value);
    return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value.slice(0, 10));
  };
  const message = '$property must be a month, a day or an instant in UTC, such as 2027-01 or 2027-01-31';
  return (target, propertyName) =>
    registerDecorator({
      name: 'isBound',
      target: target.constructor,
      propertyName: String(propertyName),
      options: { message },
      validator: { validate: isBound },
    });
}

export class UserIdParam {
  @Matches(USER_ID_FORM, { message: 'userId must be 1 to 128 letters, digits or . : @ | + - _' })
  userId: string;
}

export class IdParam {
  @IsUUID()
  id: string;
}

export class CountryParam {
  @IsCountry()
  country: string;
}
