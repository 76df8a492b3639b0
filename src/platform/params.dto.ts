/** Parameters that many routes share, with the form each must have. */
import { applyDecorators } from '@nestjs/common';
import { IsISO31661Alpha2, IsUppercase, IsUUID, Matches } from 'class-validator';

/** An opaque user id of the storefront: 1 to 128 visible characters. */
export const USER_ID_FORM = /^[\w.:@|+-]{1,128}$/;

/** The gateway's token of a payment method. */
export const PAYMENT_METHOD_FORM = /^pm_\w{1,100}$/;

/** An ISO 3166-1 code such as `ES`; `es` is another text to the database, so it is none. */
export function IsCountry(): PropertyDecorator {
  return applyDecorators(IsISO31661Alpha2(), IsUppercase());
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
