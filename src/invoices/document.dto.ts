/** What finance asks of the invoices and credit notes. */
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../platform/http/page.js';
import { IsInstant } from '../platform/http/params.dto.js';
import { DOCUMENT_KINDS, type DocumentKind } from './document.entity.js';

export class DocumentsQuery extends PageQuery {
  @IsOptional()
  @IsUUID()
  subscriptionId?: string;

  /** A contracting company's name; two for a membership with two, joined by " and ". */
  @IsOptional()
  @IsString()
  @MaxLength(300)
  entity?: string;

  @IsOptional()
  @IsIn(DOCUMENT_KINDS)
  kind?: DocumentKind;

  /** Issued then or later. */
  @IsOptional()
  @IsInstant()
  from?: string;

  /** Issued before. */
  @IsOptional()
  @IsInstant()
  to?: string;
}
