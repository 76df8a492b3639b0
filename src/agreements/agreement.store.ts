/** Which agreement version is in force, and whether a member accepted that one (2.2, 8.1). */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Refusal } from '../domain/refusal.js';
import { inForceAt } from '../domain/rule-pack.js';
import { AgreementEntity } from './agreement.entity.js';

@Injectable()
export class AgreementStore {
  /** The version in force; null before the first one takes effect. */
  async versionAt(tx: EntityManager, at: Date): Promise<string | null> {
    const dated = await tx.getRepository(AgreementEntity).find({ select: { version: true, effectiveFrom: true } });
    return inForceAt(dated, at)?.version ?? null;
  }

  /** Refuses `agreement_outdated`, naming the version to accept instead. */
  async requireInForce(tx: EntityManager, accepted: string, at: Date): Promise<void> {
    const current = await this.versionAt(tx, at);
    if (accepted !== current) {
      throw new Refusal('agreement_outdated', `The agreement in force is version ${current}, not ${accepted}.`, '2.2');
    }
  }
}
