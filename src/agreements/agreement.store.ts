/** Which agreement version is in force, and whether a member accepted that one (2.2, 8.1). */
import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { inForceAt } from '../domain/rule-pack.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { limitOf, type Page } from '../platform/http/page.js';
import type { AgreementsQuery } from './agreement.dto.js';
import { AgreementEntity } from './agreement.entity.js';

@Injectable()
export class AgreementStore {
  constructor(private readonly database: Database) {}

  /** The version in force; null before the first one takes effect. */
  async versionAt(tx: Tx, at: Date): Promise<string | null> {
    const dated = await tx.find(AgreementEntity, {}, { select: { version: true, effectiveFrom: true } });
    return inForceAt(dated, at)?.version ?? null;
  }

  /** The latest to take effect first; the page before ended with the version named by the cursor. */
  async list({ cursor, limit }: AgreementsQuery): Promise<Page<AgreementEntity>> {
    const { reader } = this.database;
    const last = cursor === undefined ? null : await reader.findOne(AgreementEntity, { version: cursor });
    const take = limitOf({ limit });
    const before = last === null ? {} : { effectiveFrom: LessThan(last.effectiveFrom) };
    const rows = await reader.find(AgreementEntity, before, { order: { effectiveFrom: 'desc' }, take: take + 1 });
    const data = rows.slice(0, take);
    return { data, nextCursor: rows.length > take ? (data.at(-1)?.version ?? null) : null };
  }

  /** Refuses `agreement_outdated`, naming the version to accept instead. */
  async requireInForce(tx: Tx, accepted: string, at: Date): Promise<void> {
    const current = await this.versionAt(tx, at);
    if (accepted !== current) {
      throw new Refusal('agreement_outdated', `The agreement in force is version ${current}, not ${accepted}.`, '2.2');
    }
  }
}
