/**
 * Compares a loaded settlement with our charges and refunds, in one transaction: its lines against our records, then our
 * records against all lines; what agrees altogether is booked with it. A worker that dies leaves it as it was, and another
 * one compares it again.
 */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ApplyEvent } from '../payments/apply-event.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { BookSettlement } from './book-settlement.js';
import { FINISH, MISS, OPEN_BREAKS, PREPARE, SUSPECT } from './matching.js';
import { SettlementStore } from './settlement.store.js';

const ASKED_AT_ONCE = 100;

@Injectable()
export class MatchSettlement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly settlements: SettlementStore,
    private readonly bookSettlement: BookSettlement,
    private readonly applyEvent: ApplyEvent,
  ) {}

  async run(id: string): Promise<void> {
    // A table that has just grown by a million rows is planned for as if it had not.
    await this.database.reader.query('analyze settlement_lines');
    const done = await this.database.transaction(async (tx) => {
      if ((await this.settlements.lock(tx, id, 'running')) === null) return false;
      await this.compare(tx, id);
      await this.bookSettlement.within(tx, id);
      return true;
    });
    if (done) await this.askAbout(id);
  }

  private async compare(tx: EntityManager, id: string): Promise<void> {
    const now = await this.clock.now(tx);
    for (const statement of PREPARE) await tx.query(statement);
    for (const statement of SUSPECT) await tx.query(statement, [id]);
    for (const statement of OPEN_BREAKS) await tx.query(statement, [id, newId(), now]);
    for (const statement of MISS.find) await tx.query(statement, [id]);
    await tx.query(MISS.open, [id, newId(), now]);
    // Read last: what was recorded until now has been compared.
    await tx.query(FINISH, [id, await this.clock.now(tx)]);
  }

  /**
   * The gateway has settled what is undecided or failed here: it is asked through the one door. Should this worker die
   * before, what is undecided is asked for anyway, and the break stays for a person.
   */
  private async askAbout(id: string): Promise<void> {
    let after = 0;
    for (;;) {
      const lines = await this.database.reader.query<{ line: number; source: string; reference: string }[]>(
        `select line, gateway_reference as source, reference from breaks
         where settlement_id = $1 and kind = 'wrong_state' and reference is not null and line > $2
         order by line limit ${ASKED_AT_ONCE}`,
        [id, after],
      );
      for (const { line, source, reference } of lines) {
        const object = { id: source, metadata: { reference } };
        await this.applyEvent.keep({ id: `settlement_${id}_${line}`, type: 'settlement.line', data: { object } });
      }
      const last = lines.at(-1);
      if (last === undefined || lines.length < ASKED_AT_ONCE) return;
      after = last.line;
    }
  }
}
