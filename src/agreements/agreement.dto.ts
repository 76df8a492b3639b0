/** What operations publishes as a version of the agreement, and how the versions are listed. */
import { IsNotEmpty, IsOptional, IsString, Length, Matches } from 'class-validator';
import { LimitQuery } from '../platform/http/page.js';
import { IsInstant } from '../platform/http/params.dto.js';

/** As long as the members' own word for it may be when they accept it. */
const VERSION_FORM = /^[\w.:+-]{1,64}$/;

export class AgreementBody {
  /** 1 to 64 letters, digits or . : + - _ */
  @Matches(VERSION_FORM)
  version: string;

  @IsString()
  @IsNotEmpty()
  text: string;

  /** From when it is the version to accept. */
  @IsInstant()
  effectiveAt: string;
}

export class AgreementsQuery extends LimitQuery {
  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  cursor?: string;
}
