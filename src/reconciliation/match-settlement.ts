/**
 * Compares a loaded settlement with our charges and refunds, in one transaction: its lines against our records, then our
 * records against all lines; what agrees altogether is booked with it. A worker that dies leaves it as it was, and another
 * one compares it again.
 */
import { Injectable } from '@nestjs/common';
import { ApplyEvent } from '../gateway/apply-event.js';
import { Clock } from '../platform/time/clock.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { WORK_IN_SETS } from '../platform/database/prepared-statements.js';
import { BookSettlement } from './book-settlement.js';
import { FINISH, MISS, OPEN_BREAKS, SUSPECT } from './matching.js';
import { SettlementStore } from './settlement.store.js';
import type { Tx } from '../platform/database/tx.js';

const ASKED_AT_ONCE = 100;

interface SettledElsewhere {
  line: number;
  source: string;
  reference: string | null;
  disputed: boolean;
}

const DISPUTED = `movement in ('chargeback', 'chargeback_reversal')`;
const SETTLED_ELSEWHERE = `
  select line, gateway_reference as source, reference, ${DISPUTED} as disputed from breaks
  where settlement_id = $1 and line > $2 and (kind = 'wrong_state' and reference is not null
    or kind in ('missing_here', 'wrong_state') and ${DISPUTED})
  order by line limit ${ASKED_AT_ONCE}`;

@Injectable()
export class MatchSettlement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly settlementStore: SettlementStore,
    private readonly bookSettlement: BookSettlement,
    private readonly applyEvent: ApplyEvent,
  ) {}

  async match(id: string): Promise<void> {
    // A table that has just grown by a million rows is planned for as if it had not.
    await this.database.reader.query('select measure_settlement_lines()');
    const done = await this.database.transaction(async (tx) => {
      if ((await this.settlementStore.lock(tx, id, 'running')) === null) return false;
      await this.compare(tx, id);
      await this.bookSettlement.within(tx, id);
      return true;
    });
    if (done) await this.askAbout(id);
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

  /**
   * The gateway has settled what is undecided or failed here, or a dispute nobody told of: it is asked through the one
   * door. Should this worker die before, it is asked for anyway, and the break stays for a person.
   */
  private async askAbout(id: string): Promise<void> {
    let after = 0;
    for (;;) {
      const lines = await this.database.reader.query<SettledElsewhere>(SETTLED_ELSEWHERE, [id, after]);
      for (const { line, source, reference, disputed } of lines) {
        const type = disputed ? 'charge.dispute.settled' : 'settlement.line';
        const object = { id: source, metadata: { reference } };
        await this.applyEvent.keep({ id: `settlement_${id}_${line}`, type, data: { object } });
      }
      const last = lines.at(-1);
      if (last === undefined || lines.length < ASKED_AT_ONCE) return;
      after = last.line;
    }
  }
}
