/** An amount of money as callers send it: a whole number of minor units with its currency. */
import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsObject, Matches, Max, Min, ValidateNested } from 'class-validator';

// Far above any order, and so low that thousands of them still add up exactly.
export const AMOUNT_MAX = 1_000_000_000_000;

export class MoneyBody {
  /** Minor units. */
  @IsInt()
  @Min(0)
  @Max(AMOUNT_MAX)
  amount: number;

  @Matches(/^[A-Z]{3}$/)
  currency: string;
}

/** A required `MoneyBody`: an object, no list of them. */
export function IsMoney(): PropertyDecorator {
  return applyDecorators(
    IsObject(),
    ValidateNested(),
    Type(() => MoneyBody),
  );
}
