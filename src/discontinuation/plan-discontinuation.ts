/**
 * The end of a market as a plan (5.4): announced with its date and reason, which stops new memberships and renewals at
 * once; approved by two people; carried out by the workers at its date, or at its approval where that comes later.
 */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { MarketStore } from '../markets/market.store.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { validationFailed } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { DiscontinuationApprovalEntity, DiscontinuationEntity } from './discontinuation.entity.js';

const APPROVALS_NEEDED = 2;

@Injectable()
export class PlanDiscontinuation {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly markets: MarketStore,
  ) {}

  /** Refuses `not_found`, `validation_failed` for a date in the past, `not_allowed_in_state` when announced already. */
  announce(country: string, reason: string, effectiveAt: Date, subject: string): Promise<DiscontinuationEntity> {
    return this.database.transaction(async (tx) => {
      const now = await this.clock.now(tx);
      if (effectiveAt < now) throw validationFailed([{ path: 'effectiveAt', message: 'must not be in the past' }]);
      await this.markets.close(tx, country);
      if (await tx.exists(DiscontinuationEntity, { country })) {
        throw new Refusal('not_allowed_in_state', `The end of ${country} is announced already.`, '5.4');
      }
      const plan: DiscontinuationEntity = {
        id: newId(),
        country,
        reason,
        effectiveAt,
        announcedBy: subject,
        announcedAt: now,
        status: 'announced',
        toldThroughTo: null,
        toldAt: null,
        total: null,
        startedAt: null,
        doneAt: null,
      };
      await tx.insert(DiscontinuationEntity, plan);
      return plan;
    });
  }

  /** Refuses `not_found`, `not_allowed_in_state` once approved, `four_eyes` (403) for the same person again. */
  approve(country: string, subject: string): Promise<void> {
    return this.database.transaction(async (tx) => {
      const plan = await this.lock(tx, country);
      if (plan.status !== 'announced') throw new Refusal('not_allowed_in_state', 'It is approved already.', '5.4');
      const { id: discontinuationId, effectiveAt } = plan;
      const now = await this.clock.now(tx);
      if (await tx.exists(DiscontinuationApprovalEntity, { discontinuationId, approvedBy: subject })) {
        throw new Refusal('four_eyes', 'You have approved it already; another person must, too.', '5.4');
      }
      await tx.insert(DiscontinuationApprovalEntity, { discontinuationId, approvedBy: subject, approvedAt: now });
      const approvals = await tx.find(DiscontinuationApprovalEntity, { discontinuationId });
      if (approvals.length < APPROVALS_NEEDED) return;
      // Nothing goes back for days that were served while it waited for its second approval.
      const endsAt = effectiveAt < now ? now : effectiveAt;
      await tx.set(DiscontinuationEntity, { id: plan.id }, { status: 'approved', effectiveAt: endsAt });
      await this.markets.endAt(tx, country, endsAt);
    });
  }

  private async lock(tx: Tx, country: string): Promise<DiscontinuationEntity> {
    const plan = await tx.findOne(DiscontinuationEntity, { country }, { lock: 'wait' });
    if (plan === null) throw new Refusal('not_found', `No end of ${country} is announced.`);
    return plan;
  }
}
