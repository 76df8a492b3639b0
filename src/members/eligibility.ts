/** Decides from risk's record whether a user may join (3.1.1), and keeps each decision with its inputs. */
import { Injectable } from '@nestjs/common';
import { decideEligibility, type EligibilityDecision } from '../domain/eligibility.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { EligibilityDecisionEntity, StandingEntity } from './standing.entity.js';

@Injectable()
export class Eligibility {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** What would be decided now, under a lock: no finding is recorded while the transaction that asks runs. */
  async lock(tx: Tx, userId: string): Promise<EligibilityDecision> {
    const record = await tx.findOne(StandingEntity, { userId }, { lock: 'share' });
    return decideEligibility(record?.standing ?? null);
  }

  /** What would be decided now; nothing is kept. */
  async of(tx: Tx, userId: string): Promise<EligibilityDecision> {
    const record = await tx.findOne(StandingEntity, { userId });
    return decideEligibility(record?.standing ?? null);
  }

  /** Decides and keeps the decision, whatever becomes of the request that asked. */
  async decide(userId: string, country: string): Promise<EligibilityDecision> {
    const tx = this.database.reader;
    const record = await tx.findOne(StandingEntity, { userId });
    const decision = decideEligibility(record?.standing ?? null);
    await tx.insert(EligibilityDecisionEntity, {
      id: newId(),
      userId,
      country,
      ...decision,
      inputs: { standing: record?.standing ?? null, recordedAt: record?.recordedAt.toISOString() ?? null },
      decidedAt: await this.clock.now(),
    });
    return decision;
  }
}
