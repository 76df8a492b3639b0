/** What is sent and answered about value-added services. */
import { IsOptional, IsUUID, Matches } from 'class-validator';
import type { AddOnStatus } from '../domain/add-on.js';
import { IsMoney, MoneyBody } from '../platform/http/money.dto.js';
import { MoneyView } from '../subscriptions/subscription.view.js';

export class AddOnParam {
  @IsUUID()
  id: string;

  @Matches(/^[\w-]{1,64}$/)
  code: string;
}

export class AcceptanceBody {
  /** The price the member was shown; it must be the one in force. */
  @IsMoney()
  price: MoneyBody;
}

export class RefusalBody {
  /** The price the member was shown; a no is a no at any. */
  @IsOptional()
  @IsMoney()
  price?: MoneyBody;
}

export class AddOnView {
  code: string;
  description: string;
  /** In force now; of an accepted one, what was paid. */
  price: MoneyView;
  /** `pending`: accepted, and its payment is under way. */
  status: AddOnStatus;
  /** Of the latest acceptance; null when it was never accepted. */
  chargeId: string | null;
  /** From then on it no longer goes back when the membership is canceled. */
  firstUsedAt: Date | null;
}

export class AddOnsView {
  data: AddOnView[];
  nextCursor: string | null;
}
