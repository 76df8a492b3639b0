/**
 * Revokes a membership for a breach (4.5-4.7, 5.3): one person proposes on evidence, another approves. Then it ends at
 * once, nothing goes back, and the user is not eligible until the finding is corrected.
 */
import { Injectable } from '@nestjs/common';
import type { RevocationReason } from '../domain/end-reason.js';
import { makeMove } from '../domain/moves.js';
import { Refusal } from '../domain/refusal.js';
import { revocationClause } from '../domain/sanction.js';
import { RequestStore } from '../gateway/request.store.js';
import { Ledger } from '../ledger/ledger.js';
import { RecordStanding } from '../members/record-standing.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { RevocationEntity } from './revocation.entity.js';

@Injectable()
export class Revoke {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly database: Database,
    private readonly requests: RequestStore,
    private readonly recordStanding: RecordStanding,
    private readonly ledger: Ledger,
  ) {}

  /** Refuses `not_found`, then `not_allowed_in_state` (ended, or proposed already). */
  propose(id: string, reason: RevocationReason, evidence: string, subject: string): Promise<RevocationEntity> {
    return this.changeSubscription.change(id, 'risk', async (change) => {
      makeMove('revoke', change.subscription.status, 'risk');
      if (await change.tx.exists(RevocationEntity, { subscriptionId: id, status: 'proposed' })) {
        throw new Refusal('not_allowed_in_state', 'A revocation is proposed already; it waits for an approval.', '5.3');
      }
      const proposed: RevocationEntity = {
        id: newId(),
        subscriptionId: id,
        reason,
        evidence,
        status: 'proposed',
        proposedBy: subject,
        proposedAt: change.now,
        approvedBy: null,
        approvedAt: null,
        correctedAt: null,
      };
      await change.tx.insert(RevocationEntity, proposed);
      const clause = revocationClause(reason);
      change.record('revocation.proposed', clause, `revocation proposed: ${reason}`, { reason, evidence, by: subject });
      return proposed;
    });
  }

  /** Returns the subscription's id. Refuses `not_found`, `four_eyes` (403), then `not_allowed_in_state`. */
  async approve(id: string, subject: string): Promise<string> {
    const found = await this.database.reader.findOne(RevocationEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no revocation ${id}.`);
    await this.changeSubscription.change(found.subscriptionId, 'risk', (change) => this.carryOut(change, id, subject));
    return found.subscriptionId;
  }

  private async carryOut(change: Change, id: string, subject: string): Promise<void> {
    const { tx, now, subscription } = change;
    const { reason, proposedBy, status } = await tx.require(RevocationEntity, { id });
    if (proposedBy === subject) {
      throw new Refusal('four_eyes', 'Who proposed a revocation cannot approve it; another person must.', '5.3');
    }
    if (status !== 'proposed') throw new Refusal('not_allowed_in_state', 'It is approved already.', '5.3');
    await tx.set(RevocationEntity, { id }, { status: 'approved', approvedBy: subject, approvedAt: now });
    await this.requests.withdrawWaiting(change);
    change.end('revoke', reason);
    await this.ledger.serviceCutShort(change, 'forfeited_fees', revocationClause(reason));
    const said = { standing: 'integrity_violation', reason: `finding: ${reason}` } as const;
    await this.recordStanding.keep(tx, subscription.userId, said, subject, now);
    change.record(
      'subscription.revoked',
      revocationClause(reason),
      `revoked: ${reason}; the rest of the fee is forfeited`,
      {
        reason,
        proposedBy,
        approvedBy: subject,
        forfeited: change.terms
          .filter((term) => term.endsAt > now && term.chargeId !== null)
          .map((term) => term.number),
      },
    );
  }
}
