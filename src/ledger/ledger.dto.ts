/** What finance asks of the books, and how they are shown. */
import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { ACCOUNTS, type Account } from '../domain/ledger.js';
import { LimitQuery } from '../platform/http/page.js';
import { IsBound } from '../platform/http/params.dto.js';

const MONTH_FORM = /^2\d{3}-(0[1-9]|1[0-2])$/;
const CURRENCY_FORM = /^[A-Z]{3}$/;

export class TrialBalanceQuery {
  /** Everything posted up to and including this instant, or to the end of this day or month; without it, all of it. */
  @IsOptional()
  @IsBound()
  asOf?: string;

  /** A contracting entity's name; two for a membership with two, joined by " and ". */
  @IsOptional()
  @IsString()
  @MaxLength(300)
  entity?: string;

  @IsOptional()
  @Matches(CURRENCY_FORM)
  currency?: string;
}

export class EntriesFilter {
  @IsOptional()
  @IsString()
  @MaxLength(300)
  entity?: string;

  @IsOptional()
  @Matches(CURRENCY_FORM)
  currency?: string;

  @IsOptional()
  @IsIn(Object.keys(ACCOUNTS))
  account?: Account;

  @IsOptional()
  @IsUUID()
  subscriptionId?: string;

  /** A month, a day or an instant, UTC; counted from its first instant. */
  @IsOptional()
  @IsBound()
  from?: string;

  /** A month, a day, both included, or an instant, which is not. */
  @IsOptional()
  @IsBound()
  to?: string;
}

export class EntriesQuery extends IntersectionType(LimitQuery, EntriesFilter) {
  /** `nextCursor` of the page before. */
  @IsOptional()
  @Matches(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.\d{1,9}$/)
  cursor?: string;
}

export class MonthBody {
  /** `2027-11`, UTC; it must be over. */
  @Matches(MONTH_FORM, { message: 'month must be a month such as 2027-11' })
  month: string;
}

export class MonthCloseView {
  month: string;
  status: 'running' | 'done';
  /** Terms that earned something in it. */
  terms: number;
  entries: number;
  /** Fees looked at, of those that were open when it began. */
  progress: { done: number; total: number };
  requestedBy: string;
  startedAt: Date;
  doneAt: Date | null;
}

export class AccountBalance {
  account: Account;
  /** Minor units. */
  debit: number;
  credit: number;
}

export class BookView {
  entity: string;
  currency: string;
  accounts: AccountBalance[];
  /** Minor units; equal. */
  debit: number;
  credit: number;
}

export class TrialBalanceView {
  asOf: Date;
  books: BookView[];
}

export class EntryView {
  transactionId: string;
  line: number;
  at: Date;
  /** What happened. */
  fact: string;
  clause: string | null;
  entity: string;
  currency: string;
  account: Account;
  /** Minor units; one of the two is 0. */
  debit: number;
  credit: number;
  subscriptionId: string | null;
  termNumber: number | null;
}
