/** Reads and writes settlements; decides nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf } from '../platform/http/page.js';
import { BreakEntity } from './break.entity.js';
import type { LineError } from './read-settlement.js';
import type { SettlementsQuery } from './reconciliation.dto.js';
import { SettlementEntity, type SettlementStatus } from './settlement.entity.js';

export type LoadedSettlement = Pick<
  SettlementEntity,
  'id' | 'gateway' | 'format' | 'sha256' | 'lines' | 'firstAt' | 'lastAt' | 'coversTo' | 'receivedAt' | 'loadedBy'
>;

@Injectable()
export class SettlementStore {
  constructor(private readonly database: Database) {}

  /** It covers from where those before it end; the first one from the beginning. */
  async insert(tx: Tx, loaded: LoadedSettlement): Promise<void> {
    // One at a time of a gateway: two that see nothing of each other would cover the same stretch.
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('settlement of ' || $1, 0))`, [loaded.gateway]);
    const [before] = await tx.query<{ to: Date | null }>(
      `select max(covers_to) as to from settlements where gateway = $1 and status <> 'rejected'`,
      [loaded.gateway],
    );
    const coversFrom = before?.to ?? null;
    await tx.insert(SettlementEntity, { ...loaded, status: 'running', coversFrom });
  }

  async reject(tx: Tx, loaded: LoadedSettlement, errors: LineError[]): Promise<void> {
    const nothing = { firstAt: null, lastAt: null, coversTo: null };
    const rejected = { ...loaded, ...nothing, status: 'rejected' as const, errors };
    await tx.insert(SettlementEntity, rejected);
  }

  findLoaded(sha256: string): Promise<SettlementEntity | null> {
    return this.database.reader.findOne(SettlementEntity, { sha256, status: Not('rejected') });
  }

  /** Refuses `not_found`. */
  async get(id: string): Promise<SettlementEntity> {
    const found = await this.database.reader.findOne(SettlementEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no settlement ${id}.`);
    return found;
  }

  /** Null when it is in another status, or someone else has it in hand. */
  async lock(tx: Tx, id: string, status: SettlementStatus): Promise<SettlementEntity | null> {
    return tx.findOne(SettlementEntity, { id, status }, { lock: 'skip' });
  }

  async update(tx: Tx, id: string, facts: Partial<SettlementEntity>): Promise<void> {
    await tx.set(SettlementEntity, { id }, facts);
  }

  /** Newest first. */
  list(query: SettlementsQuery): Promise<SettlementEntity[]> {
    const { gateway, status } = query;
    return this.database.reader.find(
      SettlementEntity,
      {
        ...(gateway === undefined ? {} : { gateway }),
        ...(status === undefined ? {} : { status }),
        ...afterCursor(query),
      },
      { order: { id: 'desc' }, take: limitOf(query) + 1 },
    );
  }

  hasOpenBreaks(tx: Tx, settlementId: string): Promise<boolean> {
    return tx.exists(BreakEntity, { settlementId, closedAt: IsNull() });
  }
}
