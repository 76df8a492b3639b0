/**
 * Revokes a membership for a breach (4.5-4.7, 5.3): one person proposes on evidence, another approves. Then it ends at
 * once, nothing goes back, and the user is not eligible until the finding is corrected.
 */
import { Injectable } from '@nestjs/common';
import { revocationClause, type RevocationReason } from '../domain/sanction.js';
import { Refusal } from '../domain/refusal.js';
import { Ledger } from '../ledger/ledger.js';
import { RecordStanding } from '../members/record-standing.js';
import { RequestStore } from '../payments/request.store.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { makeMove } from '../domain/moves.js';
import { RevocationEntity } from './revocation.entity.js';

@Injectable()
export class Revoke {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly database: Database,
    private readonly requests: RequestStore,
    private readonly standing: RecordStanding,
    private readonly ledger: Ledger,
  ) {}

  /** Refuses `not_found`, then `not_allowed_in_state` (ended, or proposed already). */
  propose(id: string, reason: RevocationReason, evidence: string, subject: string): Promise<RevocationEntity> {
    return this.changeSubscription.run(id, 'risk', async (change) => {
      makeMove('revoke', change.subscription.status, 'risk');
      const revocations = change.tx.getRepository(RevocationEntity);
      if (await revocations.existsBy({ subscriptionId: id, status: 'proposed' })) {
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
      await revocations.insert(proposed);
      const clause = revocationClause(reason);
      change.record('revocation.proposed', clause, `revocation proposed: ${reason}`, { reason, evidence, by: subject });
      return proposed;
    });
  }

  /** Returns the subscription's id. Refuses `not_found`, `four_eyes` (403), then `not_allowed_in_state`. */
  async approve(id: string, subject: string): Promise<string> {
    const found = await this.database.reader.getRepository(RevocationEntity).findOneBy({ id });
    if (found === null) throw new Refusal('not_found', `There is no revocation ${id}.`);
    await this.changeSubscription.run(found.subscriptionId, 'risk', (change) => this.carryOut(change, id, subject));
    return found.subscriptionId;
  }

  private async carryOut(change: Change, id: string, subject: string): Promise<void> {
    const { tx, now, subscription } = change;
    const revocations = tx.getRepository(RevocationEntity);
    const { reason, proposedBy, status } = await revocations.findOneByOrFail({ id });
    if (proposedBy === subject) {
      throw new Refusal('four_eyes', 'Who proposed a revocation cannot approve it; another person must.', '5.3');
    }
    if (status !== 'proposed') throw new Refusal('not_allowed_in_state', 'It is approved already.', '5.3');
    await revocations.update({ id }, { status: 'approved', approvedBy: subject, approvedAt: now });
    await this.requests.withdrawWaiting(change);
    change.end('revoke', reason);
    await this.ledger.serviceCutShort(change, 'forfeited_fees', revocationClause(reason));
    const said = { standing: 'integrity_violation', reason: `finding: ${reason}` } as const;
    await this.standing.record(tx, subscription.userId, said, subject, now);
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
