/** Reads breaks with what was decided about them; decides nothing. */
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import { afterCursor, limitOf, pageOf, type Page } from '../platform/http/page.js';
import { Clock } from '../platform/time/clock.js';
import { BreakEntity, BreakResolutionEntity } from './break.entity.js';
import { viewBreak, type BreakView } from './break.view.js';
import type { BreaksQuery } from './reconciliation.dto.js';

@Injectable()
export class BreakStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Newest first; those of one settlement from its last line to its first. */
  async list(query: BreaksQuery, settlementId?: string): Promise<Page<BreakView>> {
    const { status, kind } = query;
    const found = await this.database.reader.find(
      BreakEntity,
      {
        ...(settlementId === undefined ? {} : { settlementId }),
        ...(status === undefined ? {} : { status }),
        ...(kind === undefined ? {} : { kind }),
        ...afterCursor(query),
      },
      { order: { id: 'desc' }, take: limitOf(query) + 1 },
    );
    const now = await this.clock.now();
    const decided = await this.decidedOf(found);
    return pageOf(found, query, (row) =>
      viewBreak(
        row,
        decided.filter(({ breakId }) => breakId === row.id),
        now,
      ),
    );
  }

  /** Refuses `not_found`. */
  async show(id: string): Promise<BreakView> {
    const found = await this.database.reader.findOne(BreakEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no break ${id}.`);
    return viewBreak(found, await this.decidedOf([found]), await this.clock.now());
  }

  private decidedOf(breaks: BreakEntity[]): Promise<BreakResolutionEntity[]> {
    return this.database.reader.find(
      BreakResolutionEntity,
      { breakId: In(breaks.map(({ id }) => id)) },
      { order: { id: 'asc' } },
    );
  }
}
