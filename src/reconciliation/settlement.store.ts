/** Reads and writes settlements; decides nothing. */
import { Injectable } from '@nestjs/common';
import { IsNull, Not, type EntityManager } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { claimRows } from '../platform/claim.js';
import { Database } from '../platform/database.js';
import { afterCursor, limitOf } from '../platform/page.js';
import { BreakEntity } from './break.entity.js';
import type { LineError } from './read-settlement.js';
import type { SettlementsQuery } from './reconciliation.dto.js';
import { SettlementEntity, type SettlementStatus } from './settlement.entity.js';

export type LoadedSettlement = Pick<
  SettlementEntity,
  'id' | 'gateway' | 'format' | 'sha256' | 'lines' | 'firstAt' | 'lastAt' | 'coversTo' | 'receivedAt' | 'loadedBy'
>;

/** Loaded, and nobody has begun to compare it. */
const TO_MATCH = `status = 'running'`;
/** Compared, and nothing of it is left for a person to decide. */
const TO_BOOK = `status = 'done' and booked_at is null and not exists (
  select from breaks b where b.settlement_id = settlements.id and b.closed_at is null)`;

@Injectable()
export class SettlementStore {
  constructor(private readonly database: Database) {}

  /** It covers from where those before it end; the first one from the beginning. */
  async insert(tx: EntityManager, loaded: LoadedSettlement): Promise<void> {
    // One at a time of a gateway: two that see nothing of each other would cover the same stretch.
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('settlement of ' || $1, 0))`, [loaded.gateway]);
    const [before] = await tx.query<{ to: Date | null }[]>(
      `select max(covers_to) as to from settlements where gateway = $1 and status <> 'rejected'`,
      [loaded.gateway],
    );
    const coversFrom = before?.to ?? null;
    await tx.getRepository(SettlementEntity).insert({ ...loaded, status: 'running', coversFrom });
  }

  async reject(tx: EntityManager, loaded: LoadedSettlement, errors: LineError[]): Promise<void> {
    const nothing = { firstAt: null, lastAt: null, coversTo: null };
    const rejected = { ...loaded, ...nothing, status: 'rejected' as const, errors };
    await tx.getRepository(SettlementEntity).insert(rejected);
  }

  findLoaded(sha256: string): Promise<SettlementEntity | null> {
    return this.database.reader.getRepository(SettlementEntity).findOneBy({ sha256, status: Not('rejected') });
  }

  /** Refuses `not_found`. */
  async get(id: string): Promise<SettlementEntity> {
    const found = await this.database.reader.getRepository(SettlementEntity).findOneBy({ id });
    if (found === null) throw new Refusal('not_found', `There is no settlement ${id}.`);
    return found;
  }

  /** Null when it is in another status, or someone else has it in hand. */
  async lock(tx: EntityManager, id: string, status: SettlementStatus): Promise<SettlementEntity | null> {
    return tx
      .getRepository(SettlementEntity)
      .findOne({ where: { id, status }, lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' } });
  }

  async update(tx: EntityManager, id: string, facts: Partial<SettlementEntity>): Promise<void> {
    await tx.getRepository(SettlementEntity).update({ id }, facts);
  }

  /** Newest first. */
  list(query: SettlementsQuery): Promise<SettlementEntity[]> {
    const { gateway, status } = query;
    return this.database.reader.getRepository(SettlementEntity).find({
      where: {
        ...(gateway === undefined ? {} : { gateway }),
        ...(status === undefined ? {} : { status }),
        ...afterCursor(query),
      },
      order: { id: 'desc' },
      take: limitOf(query) + 1,
    });
  }

  hasOpenBreaks(tx: EntityManager, settlementId: string): Promise<boolean> {
    return tx.getRepository(BreakEntity).existsBy({ settlementId, closedAt: IsNull() });
  }

  claimToMatch(max: number): Promise<string[]> {
    return this.claim(TO_MATCH, max);
  }

  claimToBook(max: number): Promise<string[]> {
    return this.claim(TO_BOOK, max);
  }

  private claim(due: string, max: number): Promise<string[]> {
    return claimRows(this.database.reader, { table: 'settlements', due, orderBy: 'id', values: [] }, max);
  }
}
