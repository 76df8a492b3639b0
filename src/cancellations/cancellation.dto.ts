/** What the storefront sends to cancel, and what it reads of quotes and cancellations. */
import { IsOptional, IsString, IsUUID, Length } from 'class-validator';
import { RefundView } from '../refunds/refund.view.js';
import { MoneyView, SubscriptionView } from '../subscriptions/subscription.view.js';

export class CancellationBody {
  /** Pays exactly this quote, or refuses. */
  @IsOptional()
  @IsUUID()
  quoteId?: string;

  /** The member's own words, kept for the record. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}

export class QuoteLineView {
  kind: string;
  description: string;
  /** Minor units; deductions are negative. */
  amount: number;
  daysLeft?: number;
  termDays?: number;
  clause: string;
}

export class QuoteView {
  id: string;
  subscriptionId: string;
  basis: string;
  clause: string;
  effectiveAt: Date;
  expiresAt: Date;
  refund: MoneyView;
  lines: QuoteLineView[];
}

export class CancellationView {
  subscription: SubscriptionView;
  quoteId?: string;
  /** Empty when nothing goes back. */
  refunds: RefundView[];
}
