/** What operations publishes for a market: the forms of the shipped files, with what the service adds left out. */
import { OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { ArrayMinSize, ArrayUnique, ValidateNested } from 'class-validator';
import { AMOUNT_MAX } from '../platform/http/money.dto.js';
import { LimitQuery, PageQuery } from '../platform/http/page.js';
import { IsCountry, IsInstant, USER_ID_FORM } from '../platform/http/params.dto.js';
import { RulePackPart } from './market-file.dto.js';

/** Far above any fee, far below what a number can hold exactly. */
const TRIAL_DAYS_MAX = 3650;

export class RulePackBody extends OmitType(RulePackPart, ['version', 'effectiveFrom'] as const) {
  /** Not needed; if it is said, it must be the next one. */
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number | null;

  @IsInstant()
  effectiveFrom: string;
}

export class PriceBody {
  /** Minor units. */
  @IsInt()
  @Min(1)
  @Max(AMOUNT_MAX)
  amount: number;

  @Matches(/^[A-Z]{3}$/)
  currency: string;

  @IsInstant()
  effectiveFrom: string;

  /** Where the amount comes from. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  source?: string;
}

export class MarketBody {
  @IsCountry()
  country: string;

  @Matches(/^[A-Z]{3}$/)
  currency: string;

  @IsOptional()
  @IsIn(['open', 'closed'])
  status?: 'open' | 'closed' | null;

  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => RulePackBody)
  rulePacks?: RulePackBody[] | null;

  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => PriceBody)
  prices?: PriceBody[] | null;
}

export class MarketsQuery extends LimitQuery {
  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsCountry()
  cursor?: string;
}

export class TrialOfferBody {
  @IsCountry()
  country: string;

  /** For whom; left out, for everybody. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @Matches(USER_ID_FORM, { each: true })
  userIds?: string[] | null;

  @IsInt()
  @Min(1)
  @Max(TRIAL_DAYS_MAX)
  days: number;

  /** First instant at which a sign-up gets it. */
  @IsInstant()
  from: string;

  /** First instant at which a sign-up gets it no more. */
  @IsInstant()
  until: string;
}

export class TrialOffersQuery extends PageQuery {
  @IsOptional()
  @IsCountry()
  country?: string;
}

export class TaxRateBody {
  /** 2100 = 21 %, inside the gross price. */
  @IsInt()
  @Min(0)
  @Max(10_000)
  basisPoints: number;

  /** Not past: what was captured keeps its split. */
  @IsInstant()
  effectiveFrom: string;

  @IsString()
  @Length(1, 500)
  source: string;
}
