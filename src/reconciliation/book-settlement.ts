/**
 * Posts a settlement to the books once nothing of it is left for a person: what the gateway paid out and kept, per book
 * in which the money was expected. Lines nobody here expected are in no book, and post nothing.
 */
import { Injectable } from '@nestjs/common';
import { CashLedger, type SettledBook } from '../ledger/cash-ledger.js';
import { Database } from '../platform/database/database.js';
import { WORK_IN_SETS } from '../platform/database/prepared-statements.js';
import type { Tx } from '../platform/database/tx.js';
import { Clock } from '../platform/time/clock.js';
import { SettlementStore } from './settlement.store.js';

/**
 * A movement stands in the book whose gateway receivable it was posted to, also after another company has taken over. What was
 * settled twice, or in another currency, is not what that book expects.
 */
const LINES = `
  (select * from settlement_lines l where l.settlement_id = $1 and not exists (
    select from breaks b where b.settlement_id = $1 and b.line = l.number
      and b.kind in ('duplicate', 'currency_differs'))) l`;

export const BOOKS = `
  with moved as (
    select t.id as transaction_id, l.currency, l.gross_minor, l.fee_minor
    from ${LINES} join charges c on l.kind = 'capture' and c.gateway_payment_id = l.source_id
      join ledger_transactions t on t.subject_id = c.id and t.fact in ('capture', 'capture_unapplied')
    union all
    select t.id, l.currency, l.gross_minor, l.fee_minor
    from ${LINES} join gateway_requests q on q.gateway_id = l.source_id and q.kind = 'refund'
      join ledger_transactions t on t.subject_id = q.subject_id and t.occurrence = q.attempt
        and t.fact = case l.kind when 'refund' then 'refund_paid' when 'refund_failure' then 'refund_bounced' end
    union all
    select t.id, l.currency, l.gross_minor, l.fee_minor
    from ${LINES} join chargebacks d on d.gateway_dispute_id = l.source_id
      join ledger_transactions t on t.subject_id = d.id
        and t.fact = case l.kind when 'chargeback' then 'chargeback_opened' when 'chargeback_reversal' then 'chargeback_won' end)
  select e.entity, m.currency, sum(m.gross_minor)::bigint as "grossMinor", sum(m.fee_minor)::bigint as "feeMinor"
  from moved m join ledger_entries e on e.transaction_id = m.transaction_id and e.account = 'gateway_receivable'
  group by e.entity, m.currency order by e.entity, m.currency`;

export const BOOK = 'book_settlement';

@Injectable()
export class BookSettlement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly settlementStore: SettlementStore,
    private readonly ledger: CashLedger,
  ) {}

  book(id: string): Promise<void> {
    return this.database.transaction((tx) => this.within(tx, id));
  }

  /** Does nothing while a break is open, nor the second time. */
  async within(tx: Tx, id: string): Promise<void> {
    const settlement = await this.settlementStore.lock(tx, id, 'done');
    if (settlement === null || settlement.bookedAt !== null) return;
    if (await this.settlementStore.hasOpenBreaks(tx, id)) return;
    for (const setting of WORK_IN_SETS) await tx.query(setting);
    const books = await tx.query<SettledBook>(BOOKS, [id]);
    const now = await this.clock.now(tx);
    await this.ledger.settled({ tx, now }, id, books);
    await this.settlementStore.update(tx, id, { bookedAt: now });
  }
}
