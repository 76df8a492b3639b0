/** What operations send to compensate a member, and what they are told. */
import { IsInt, Length, Max, Min } from 'class-validator';
import { RefundView } from './refund.view.js';

export class CompensationBody {
  /** Minor units of the subscription's currency. */
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  amount: number;

  /** Why, for the record. */
  @Length(1, 500)
  reason: string;
}

export class CompensationView {
  id: string;
  subscriptionId: string;
  refunds: RefundView[];
}
