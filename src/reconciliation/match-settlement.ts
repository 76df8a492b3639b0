/**
 * Compares a loaded settlement with our charges and refunds, in one transaction: its lines against our records, then our
 * records against all lines; what agrees altogether is booked with it. A worker that dies leaves it as it was, and another
 * one compares it again.
 */
import { Injectable } from '@nestjs/common';
import { RequestStore } from '../gateway/request.store.js';
import { Database } from '../platform/database/database.js';
import { WORK_IN_SETS } from '../platform/database/prepared-statements.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { AskElsewhere } from './ask-elsewhere.js';
import { BookSettlement } from './book-settlement.js';
import { FINISH, MISS, OPEN_BREAKS, SUSPECT } from './matching.js';
import { SettlementStore } from './settlement.store.js';

const DISPUTED = `movement in ('chargeback', 'chargeback_reversal')`;

/** What the gateway has settled and is undecided, failed or otherwise decided here. */
const SETTLED_ELSEWHERE = `
  select reference from breaks
  where settlement_id = $1 and kind = 'wrong_state' and reference is not null and not ${DISPUTED}`;

@Injectable()
export class MatchSettlement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly settlementStore: SettlementStore,
    private readonly bookSettlement: BookSettlement,
    private readonly requests: RequestStore,
    private readonly askElsewhere: AskElsewhere,
  ) {}

  async match(id: string): Promise<void> {
    // A table that has just grown by a million rows is planned for as if it had not.
    await this.database.reader.query('select measure_settlement_lines()');
    const done = await this.database.transaction(async (tx) => {
      if ((await this.settlementStore.lock(tx, id, 'running')) === null) return false;
      await this.compare(tx, id);
      await this.bookSettlement.within(tx, id);
      await this.askAboutRequests(tx, id);
      return true;
    });
    if (done) await this.askElsewhere.ask(id);
  }

  private async compare(tx: Tx, id: string): Promise<void> {
    const now = await this.clock.now(tx);
    for (const setting of WORK_IN_SETS) await tx.query(setting);
    await tx.query(SUSPECT.find(id));
    for (const statement of SUSPECT.refine) await tx.query(statement, statement.includes('$1') ? [id] : []);
    for (const statement of OPEN_BREAKS) await tx.query(statement, [id, newId(), now]);
    await tx.query(MISS.find(id));
    await tx.query(MISS.analyze);
    await tx.query(MISS.forget, [id]);
    await tx.query(MISS.open, [id, newId(), now]);
    // Read last: what was recorded until now has been compared.
    await tx.query(FINISH, [id, await this.clock.now(tx)]);
  }

  /** In the commit of the comparison: a worker that dies leaves no question behind. */
  private async askAboutRequests(tx: Tx, id: string): Promise<void> {
    const rows = await tx.query<{ reference: string }>(SETTLED_ELSEWHERE, [id]);
    const references = rows.map(({ reference }) => reference);
    if (references.length > 0) await this.requests.askAgain(tx, references, await this.clock.now(tx));
  }
}
