/** Keeps the risk system's latest word on a user. A running membership is not touched by it; risk suspends or revokes that. */
import { Injectable } from '@nestjs/common';
import type { Standing } from '../domain/eligibility.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { Clock } from '../platform/time/clock.js';
import { StandingEntity } from './standing.entity.js';

@Injectable()
export class RecordStanding {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async record(
    userId: string,
    said: { standing: Standing; reason: string },
    recordedBy: string,
  ): Promise<StandingEntity> {
    return this.keep(this.database.reader, userId, said, recordedBy, await this.clock.now());
  }

  /** Kept from changing until the transaction ends. */
  lock(tx: Tx, userId: string): Promise<StandingEntity | null> {
    return tx.findOne(StandingEntity, { userId }, { lock: 'wait' });
  }

  /** The same within the transaction of a finding or its correction. */
  async keep(
    tx: Tx,
    userId: string,
    { standing, reason }: { standing: Standing; reason: string },
    recordedBy: string,
    recordedAt: Date,
  ): Promise<StandingEntity> {
    const record = { userId, standing, reason, recordedBy, recordedAt };
    await tx.upsert(StandingEntity, record, ['userId']);
    return record;
  }
}
