/** What is sent and answered about uses of benefits and their freezing. */
import { IsBoolean, IsString, IsUUID, Length, Matches } from 'class-validator';
import { IsMoney, MoneyBody } from '../platform/http/money.dto.js';
import { MoneyView } from '../subscriptions/subscription.view.js';
import type { BenefitUseEntity } from './benefit-use.entity.js';

const CODE_FORM = /^[\w-]{1,64}$/;
const ORDER_ID_FORM = /^[\x21-\x7e]{1,128}$/;

export class BenefitParam {
  @IsUUID()
  id: string;

  @Matches(CODE_FORM)
  code: string;
}

export class BenefitUseBody {
  /** The benefit's code, as the market grants it. */
  @Matches(CODE_FORM)
  benefit: string;

  /** The storefront's order; with the benefit it names this use for ever. */
  @Matches(ORDER_ID_FORM)
  orderId: string;

  /** What the benefit was worth on this order; a cancellation may deduct it (3.4.1). */
  @IsMoney()
  value: MoneyBody;
}

export class BenefitUseView {
  id: string;
  subscriptionId: string;
  termNumber: number;
  benefit: string;
  orderId: string;
  value: MoneyView;
  usedAt: Date;
}

export function viewBenefitUse(use: BenefitUseEntity): BenefitUseView {
  const { id, subscriptionId, termNumber, benefit, orderId, valueMinor: amount, currency, usedAt } = use;
  return { id, subscriptionId, termNumber, benefit, orderId, value: { amount, currency }, usedAt };
}

export class FreezeBody {
  @IsBoolean()
  frozen: boolean;

  /** Why, for those who read the record later. */
  @IsString()
  @Length(1, 500)
  reason: string;
}

export class FreezeView {
  benefit: string;
  frozen: boolean;
  reason: string;
  at: Date;
}
