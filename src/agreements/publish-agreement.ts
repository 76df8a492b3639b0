/**
 * Publishes a new version of the agreement (2.2, 8.1). From its instant on it is the one to accept; who accepted an
 * earlier one before keeps it. A version, once published, never changes.
 */
import { Injectable } from '@nestjs/common';
import { judgePublishing } from '../domain/publishing.js';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { validationFailed } from '../platform/http/problem.js';
import { Clock } from '../platform/time/clock.js';
import type { AgreementBody } from './agreement.dto.js';
import { AgreementEntity } from './agreement.entity.js';

@Injectable()
export class PublishAgreement {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Refuses 409 `already_published` for a version that exists, then 422 for an instant that is past or taken. */
  async publish({ version, text, effectiveAt }: AgreementBody, publishedBy: string): Promise<AgreementEntity> {
    return this.database.transaction(async (tx) => {
      // Two publishers come one after the other; readers do not wait.
      await tx.query('lock table agreements in share row exclusive mode');
      const publishedAt = await this.clock.now(tx);
      const effectiveFrom = new Date(effectiveAt);
      await requirePublishable(tx, version, effectiveFrom, publishedAt);
      const agreement = { version, text, publishedAt, effectiveFrom, publishedBy };
      await tx.insert(AgreementEntity, agreement);
      return agreement;
    });
  }
}

async function requirePublishable(tx: Tx, version: string, effectiveFrom: Date, now: Date): Promise<void> {
  const stored = await tx.find(AgreementEntity, {}, { select: { version: true, effectiveFrom: true } });
  if (stored.some((one) => one.version === version)) {
    throw new Refusal('already_published', `Version ${version} is published, and a version never changes.`, '8.1');
  }
  const taken = stored.map((one) => one.effectiveFrom);
  const fault = judgePublishing({ now, effectiveFrom, taken, noticeUntil: null });
  if (fault === null) return;
  const message =
    fault === 'instant_taken' ? 'another version takes effect then' : `is past; it is ${now.toISOString()}`;
  throw validationFailed([{ path: 'effectiveAt', message }]);
}
