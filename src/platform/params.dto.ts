/** Path parameters that many routes share, with the form each must have. */
import { IsISO31661Alpha2, IsUUID, Matches } from 'class-validator';

/** An opaque user id of the storefront: 1 to 128 visible characters. */
export const USER_ID_FORM = /^[\w.:@|+-]{1,128}$/;

export class UserIdParam {
  @Matches(USER_ID_FORM, { message: 'userId must be 1 to 128 letters, digits or . : @ | + - _' })
  userId: string;
}

export class IdParam {
  @IsUUID()
  id: string;
}

export class CountryParam {
  @IsISO31661Alpha2()
  country: string;
}
