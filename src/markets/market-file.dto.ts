/** The form of a shipped market file: every number with its source; anything else in it is a fault. */
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsISO8601,
  IsNotEmpty,
  IsObject,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { BenefitPart } from './benefit-part.dto.js';
import { NumbersPart, Sourced } from './policy-numbers.dto.js';

export class RulePackPart {
  @IsInt()
  @Min(1)
  version: number;

  @IsISO8601({ strict: true })
  effectiveFrom: string;

  @IsObject()
  @ValidateNested()
  @Type(() => NumbersPart)
  numbers: NumbersPart = new NumbersPart();

  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => BenefitPart)
  benefits: BenefitPart[] = [];
}

export class PricePart extends Sourced {
  /** Minor units. */
  @IsInt()
  @Min(1)
  amount: number;

  @IsISO8601({ strict: true })
  effectiveFrom: string;
}

class AddOnPart extends Sourced {
  @Matches(/^[a-z][a-z0-9_]{0,63}$/)
  code: string;

  @IsString()
  @IsNotEmpty()
  description: string;

  /** Minor units. */
  @IsInt()
  @Min(1)
  price: number;

  @IsISO8601({ strict: true })
  effectiveFrom: string;
}

class TaxRatePart extends Sourced {
  /** 2100 = 21 %. */
  @IsInt()
  @Min(0)
  @Max(10_000)
  basisPoints: number;

  @IsISO8601({ strict: true })
  effectiveFrom: string;
}

export class MarketFile {
  @IsISO31661Alpha2()
  country: string;

  @Matches(/^[A-Z]{3}$/)
  currency: string;

  @IsIn(['open', 'closed'])
  status: 'open' | 'closed';

  @ArrayMinSize(1)
  @ValidateNested({ each: true })
  @Type(() => RulePackPart)
  rulePacks: RulePackPart[] = [];

  @ArrayMinSize(1)
  @ValidateNested({ each: true })
  @Type(() => PricePart)
  prices: PricePart[] = [];

  /** Value-added services (3.1.3); not every market offers one. */
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AddOnPart)
  addOns: AddOnPart[] = [];

  /** What is inside the gross price; without one nothing is. */
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => TaxRatePart)
  taxRates: TaxRatePart[] = [];
}
