/** Reads the books: balances at any past instant, and entries, newest first. It writes nothing. */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { limitOf, type Page } from '../platform/http/page.js';
import { endOf, lastOf, startOf } from '../platform/http/period.js';
import { Clock } from '../platform/time/clock.js';
import type {
  AccountBalance,
  BookView,
  EntriesFilter,
  EntriesQuery,
  EntryView,
  TrialBalanceQuery,
  TrialBalanceView,
} from './ledger.dto.js';

interface BalanceRow {
  entity: string;
  currency: string;
  account: AccountBalance['account'];
  balance: number;
}

const BALANCES = `
  select entity, currency, account, sum(amount_minor)::bigint as balance from ledger_entries
  where at <= $1 and ($2::text is null or entity = $2) and ($3::text is null or currency = $3)
  group by entity, currency, account order by entity, currency, account`;

/** Newest first; `$7` and `$8` are the last entry of the page before. */
const ENTRIES = `
  select transaction_id as "transactionId", line, at, fact, clause, entity, currency, account,
    greatest(amount_minor, 0) as debit, greatest(-amount_minor, 0) as credit, subscription_id as "subscriptionId",
    term_number as "termNumber"
  from ledger_entries
  where ($1::text is null or entity = $1) and ($2::text is null or currency = $2)
    and ($3::text is null or account = $3) and ($4::uuid is null or subscription_id = $4)
    and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
    and ($7::uuid is null or (transaction_id, line) < ($7, $8::integer))
  order by transaction_id desc, line desc`;

export const BALANCE_COLUMNS = ['asOf', 'entity', 'currency', 'account', 'debit', 'credit'] as const;

export const ENTRY_COLUMNS = [
  ...['transactionId', 'line', 'at', 'fact', 'clause', 'entity', 'currency', 'account', 'debit', 'credit'],
  ...['subscriptionId', 'termNumber'],
] as const;

@Injectable()
export class ShowLedger {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async trialBalance({ asOf, entity, currency }: TrialBalanceQuery): Promise<TrialBalanceView> {
    const at = asOf === undefined ? await this.clock.now() : lastOf(asOf);
    const values = [at, entity ?? null, currency ?? null];
    const books = new Map<string, BookView>();
    for (const row of await this.database.reader.query<BalanceRow>(BALANCES, values)) {
      const key = `${row.entity} ${row.currency}`;
      const { entity, currency } = row;
      const book = books.get(key) ?? { entity, currency, accounts: [], debit: 0, credit: 0 };
      books.set(key, add(book, row));
    }
    return { asOf: at, books: [...books.values()] };
  }

  async entries(query: EntriesQuery): Promise<Page<EntryView>> {
    const limit = limitOf(query);
    const rows = await this.database.reader.query<EntryView>(`${ENTRIES} limit ${limit + 1}`, filterOf(query));
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { data, nextCursor: more ? `${last.transactionId}.${last.line}` : null };
  }

  /** Every entry, however many. */
  allEntries(filter: EntriesFilter, gone: AbortSignal): AsyncGenerator<EntryView[]> {
    return this.database.rows<EntryView>(ENTRIES, filterOf(filter), gone);
  }

  /** The trial balance account by account. */
  async balanceLines(query: TrialBalanceQuery): Promise<object[]> {
    const { asOf, books } = await this.trialBalance(query);
    return books.flatMap(({ entity, currency, accounts }) =>
      accounts.map((account) => ({ asOf, entity, currency, ...account })),
    );
  }
}

/** The values of `ENTRIES`. */
function filterOf(query: EntriesQuery): unknown[] {
  const { entity, currency, account, subscriptionId, from, to, cursor } = query;
  const [transactionId, line] = cursor?.split('.') ?? [];
  const stretch = [from === undefined ? null : startOf(from), to === undefined ? null : endOf(to)];
  const values = [entity, currency, account, subscriptionId, ...stretch, transactionId, line];
  return values.map((value) => value ?? null);
}

function add(book: BookView, { account, balance }: BalanceRow): BookView {
  const side = { account, debit: Math.max(balance, 0), credit: Math.max(-balance, 0) };
  return {
    ...book,
    accounts: [...book.accounts, side],
    debit: book.debit + side.debit,
    credit: book.credit + side.credit,
  };
}
