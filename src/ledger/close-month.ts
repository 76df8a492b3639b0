/**
 * Closes the books of a month (rules 12): recognises what every open fee has earned by its end, set-based and in
 * batches, then nothing is posted into it any more. Stopped anywhere, it goes on where it stood; asked again, it does
 * nothing. A month is never opened again: corrections are new entries.
 */
import { Injectable } from '@nestjs/common';
import { endOfMonth, lastInstantBefore, monthOf } from '../domain/deferred-fee.js';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import { PLAN_FOR_VALUES } from '../platform/database/prepared-statements.js';
import type { Tx } from '../platform/database/tx.js';
import type { Bind } from '../platform/http/idempotency.js';
import { newId } from '../platform/ids.js';
import { CLAIM_SECONDS } from '../platform/jobs/job.js';
import { Clock } from '../platform/time/clock.js';
import { UnusableFees } from './unusable-fees.js';

// A batch ends within a second or two; a member who cancels meanwhile waits no longer than that.
const BATCH = 20_000;

export interface MonthClose {
  id: string;
  month: string;
  status: 'running' | 'done';
  /** Fees that were open when it began, and how many of them have been looked at. */
  total: number;
  lookedAt: number;
  /** Terms that earned something. */
  terms: number;
  entries: number;
  requestedBy: string;
  startedAt: Date;
  doneAt: Date | null;
}

interface Stored extends MonthClose {
  endsAt: Date;
  lookedThroughTo: string;
}

const STORED = `
  select id, month, status, total, looked_at as "lookedAt", terms, entries, requested_by as "requestedBy",
    started_at as "startedAt", done_at as "doneAt", ends_at as "endsAt", looked_through_to as "lookedThroughTo"
  from month_closes`;

/** Where the batch ends; null after the last. */
const NEXT = `
  select charge_id as last from deferred_fees where status = 'open' and charge_id > $1
  order by charge_id offset ${BATCH - 1} limit 1`;

/** The law of src/domain/deferred-fee.ts over many fees, each row read and written once; those further on are passed over. */
const RECOGNISE = `
  with looked_at as (
    update deferred_fees set
      recognised_minor = earned_minor(gross_minor - tax_minor, starts_at, ends_at, $1),
      recognised_before_minor = recognised_minor,
      status = case when ends_at <= $1 then 'earned' else 'open' end
    where status = 'open' and charge_id > $2 and ($3::uuid is null or charge_id <= $3) and starts_at < $1 and captured_at < $1
      and (recognised_until is null or recognised_until < $1)
    returning subscription_id, term_number, entity, currency,
      recognised_minor - recognised_before_minor as amount),
  earning as (select *, row_number() over () as n from looked_at where amount <> 0),
  headed as (
    insert into ledger_transactions (id, fact, subject_id, occurrence, at)
    select $4, 'recognition', $4, 1, $5 where exists (select from earning)),
  posted as (
    insert into ledger_entries (transaction_id, line, at, fact, clause, entity, currency, account, amount_minor,
      subscription_id, term_number)
    select $4, 2 * n - second, $5, 'recognition', '3.3.1', entity, currency, account, sign * amount,
      subscription_id, term_number
    from earning cross join (values (1, 'deferred_revenue', 1), (0, 'membership_revenue', -1)) side (second, account, sign))
  select (select count(*) from looked_at)::int as looked, (select count(*) from earning)::int as terms`;

/** What nobody used of a value-added service, and nobody can use any more, is earned with the month. */
const KEEP_UNUSED = `
  with unused as (
    update deferred_fees f set status = 'earned', recognised_minor = gross_minor - tax_minor
    where kind = 'add_on' and status = 'open' and charge_id = any($1)
    returning *),
  numbered as (select *, row_number() over (order by charge_id) as n, gross_minor - tax_minor as net from unused),
  headed as (
    insert into ledger_transactions (id, fact, subject_id, occurrence, at)
    select $2, 'fee_kept', $2, 1, $3 where exists (select from unused)),
  posted as (
    insert into ledger_entries (transaction_id, line, at, fact, clause, entity, currency, account, amount_minor,
      subscription_id, term_number)
    select $2, 2 * n - second, $3, 'fee_kept', '3.1.3', entity, currency, account, sign * net, subscription_id,
      term_number
    from numbered cross join (values (1, 'deferred_add_ons', 1), (0, 'add_on_revenue', -1)) side (second, account, sign))
  select count(*)::int as count from unused`;

@Injectable()
export class CloseMonth {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly unusableFees: UnusableFees,
  ) {}

  /**
   * Orders the close of a month, and of every earlier one that is still open; `month` such as `2027-11`, UTC. Returns
   * its id. Refuses `month_not_over`; a month that is closed, or closing, is left as it is.
   */
  order(month: string, requestedBy: string, bind: Bind): Promise<string> {
    return this.database.transaction(async (tx) => {
      await tx.query('lock table month_closes in share row exclusive mode');
      const now = await this.clock.now(tx);
      if (endOfMonth(month) > now) {
        throw new Refusal('month_not_over', `${month} is not over; it is ${now.toISOString()}.`);
      }
      for (const open of await this.openMonths(tx, month)) {
        await tx.query(
          `insert into month_closes (id, month, ends_at, status, total, requested_by, started_at)
           select $1, $2, $3, 'running', count(*), $4, $5
           from deferred_fees where status = 'open' and starts_at < $3`,
          [newId(), open, endOfMonth(open), requestedBy, now],
        );
      }
      const [close] = await tx.query<{ id: string }>('select id from month_closes where month = $1', [month]);
      const id = close?.id ?? '';
      await bind(tx, id);
      return id;
    });
  }

  /** Works until the month is done; `onBatch` hears how far it is. */
  async close(id: string, onBatch: (close: MonthClose) => void = () => undefined): Promise<void> {
    // Waits for transactions that began to post into the month before its close was ordered.
    await this.database.transaction((tx) => tx.query('select wait_for_postings()'));
    while (await this.batch(id)) onBatch(await this.byId(id));
  }

  /** Ids of the closes under way up to a month, the earliest first: the next one builds on it. */
  async running(upTo: string): Promise<string[]> {
    const closes = await this.database.reader.query<{ id: string }>(
      `select id from month_closes where status = 'running' and month <= $1 order by month`,
      [upTo],
    );
    return closes.map(({ id }) => id);
  }

  /** Refuses `not_found`. */
  async show(month: string): Promise<MonthClose> {
    const [close] = await this.database.reader.query<MonthClose>(`${STORED} where month = $1`, [month]);
    if (close === undefined) throw new Refusal('not_found', `The close of ${month} was never asked for.`);
    return close;
  }

  async byId(id: string): Promise<MonthClose> {
    const [close] = await this.database.reader.query<MonthClose>(`${STORED} where id = $1`, [id]);
    if (close === undefined) throw new Error(`there is no month close ${id}`);
    return close;
  }

  /** False when there was nothing left to do. */
  private batch(id: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      await tx.query(PLAN_FOR_VALUES);
      const [close] = await tx.query<Stored>(`${STORED} where id = $1 for update`, [id]);
      if (close?.status !== 'running') return false;
      const { endsAt, lookedThroughTo } = close;
      const at = lastInstantBefore(endsAt);
      const [next] = await tx.query<{ last: string }>(NEXT, [lookedThroughTo]);
      const last = next?.last ?? null;
      const values = [endsAt, lookedThroughTo, last, newId(), at];
      const [done] = await tx.query<{ looked: number; terms: number }>(RECOGNISE, values);
      const { looked = 0, terms = 0 } = done ?? {};
      const kept = last === null ? await this.keepUnused(tx, endsAt, at) : 0;
      await tx.query(
        `update month_closes set looked_at = looked_at + $2, terms = terms + $3, entries = entries + $4,
           looked_through_to = coalesce($5, looked_through_to), claimed_until = clock_timestamp() + make_interval(secs => $6)
         where id = $1`,
        [id, looked, terms, 2 * (terms + kept), last, CLAIM_SECONDS],
      );
      if (last === null) await this.finish(tx, id);
      return true;
    });
  }

  private async keepUnused(tx: Tx, endsAt: Date, at: Date): Promise<number> {
    const unusable = await this.unusableFees.before(tx, endsAt);
    const [unused] = await tx.query<{ count: number }>(KEEP_UNUSED, [unusable, newId(), at]);
    return unused?.count ?? 0;
  }

  private async finish(tx: Tx, id: string): Promise<void> {
    // Fees that were open when it was ordered may have been earned with an earlier month since.
    await tx.query(`update month_closes set status = 'done', done_at = $2, total = looked_at where id = $1`, [
      id,
      await this.clock.now(tx),
    ]);
  }

  /** Oldest first: from the one after the last that closes, and the first with anything in it, to the one asked for. */
  private async openMonths(tx: Tx, upTo: string): Promise<string[]> {
    const [known] = await tx.query<{ asked: boolean; from: Date | null }>(
      `select greatest((select max(ends_at) from month_closes), (select min(at) from ledger_transactions)) as from,
         exists (select from month_closes where month = $1) as asked`,
      [upTo],
    );
    if (known?.asked === true) return [];
    const months: string[] = [];
    for (let month = monthOf(known?.from ?? endOfMonth(upTo)); month < upTo; month = monthOf(endOfMonth(month))) {
      months.push(month);
    }
    return [...months, upTo];
  }
}
