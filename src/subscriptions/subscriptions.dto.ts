/** Which subscriptions a list shall hold. */
import { IsIn, IsOptional, Matches } from 'class-validator';
import { SUBSCRIPTION_STATUSES, type SubscriptionStatus } from '../domain/subscription.js';
import { PageQuery } from '../platform/http/page.js';
import { IsCountry, USER_ID_FORM } from '../platform/http/params.dto.js';

export class SubscriptionsQuery extends PageQuery {
  @IsOptional()
  @Matches(USER_ID_FORM)
  userId?: string;

  @IsOptional()
  @IsCountry()
  country?: string;

  @IsOptional()
  @IsIn(SUBSCRIPTION_STATUSES)
  status?: SubscriptionStatus;
}
