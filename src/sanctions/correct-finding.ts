/**
 * Corrects what an approved revocation left on the user's record (6.1.2): the user is eligible again, unless another
 * finding stands, or risk has said something else since.
 */
import { Injectable } from '@nestjs/common';
import { RecordStanding } from '../members/record-standing.js';
import type { Change } from '../subscriptions/change.js';
import { RevocationEntity } from './revocation.entity.js';

const OTHER_FINDINGS = `
  select 1 from revocations r join subscriptions s on s.id = r.subscription_id
  where s.user_id = $1 and r.status = 'approved' and r.corrected_at is null limit 1`;

@Injectable()
export class CorrectFinding {
  constructor(private readonly recordStanding: RecordStanding) {}

  async correct({ tx, subscription, now }: Change, reason: string, subject: string): Promise<void> {
    const { id: subscriptionId, userId } = subscription;
    const approved = { subscriptionId, status: 'approved' } as const;
    const finding = await tx.findOne(RevocationEntity, approved, { order: { id: 'desc' } });
    if (finding === null) throw new Error(`subscription ${subscriptionId} was revoked without an approval`);
    await tx.set(RevocationEntity, { id: finding.id }, { correctedAt: now });
    const record = await this.recordStanding.lock(tx, userId);
    const isItsOwn = record?.recordedAt.getTime() === finding.approvedAt?.getTime();
    if (!isItsOwn || (await tx.query(OTHER_FINDINGS, [userId])).length > 0) return;
    const said = { standing: 'good', reason: `mistaken finding corrected: ${reason}` } as const;
    await this.recordStanding.keep(tx, userId, said, subject, now);
  }
}
