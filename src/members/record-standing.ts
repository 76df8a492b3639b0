/** Keeps the risk system's latest word on a user. A running membership is not touched by it; risk suspends or revokes that. */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Standing } from '../domain/eligibility.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database.js';
import { StandingEntity } from './standing.entity.js';

@Injectable()
export class RecordStanding {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async run(userId: string, said: { standing: Standing; reason: string }, recordedBy: string): Promise<StandingEntity> {
    return this.record(this.database.reader, userId, said, recordedBy, await this.clock.now());
  }

  /** Kept from changing until the transaction ends. */
  lock(tx: EntityManager, userId: string): Promise<StandingEntity | null> {
    return tx.getRepository(StandingEntity).findOne({ where: { userId }, lock: { mode: 'pessimistic_write' } });
  }

  /** The same within the transaction of a finding or its correction. */
  record(
    tx: EntityManager,
    userId: string,
    { standing, reason }: { standing: Standing; reason: string },
    recordedBy: string,
    recordedAt: Date,
  ): Promise<StandingEntity> {
    return tx.getRepository(StandingEntity).save({ userId, standing, reason, recordedBy, recordedAt });
  }
}
