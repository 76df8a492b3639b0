/** With whom a member contracts who signs up now: the configuration, then every transfer in effect (VIP 1.1, 8.3). */
import { Injectable } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import { FMA_ENTITIES } from '../domain/contracting-entity.js';
import { contractingEntitiesAt } from '../domain/entity-transfer.js';
import type { ContractingEntity } from '../domain/subscription.js';
import type { Tx } from '../platform/database/tx.js';
import { Clock } from '../platform/time/clock.js';
import { ContractingEntityEntity, EntityTransferEntity } from './contracting-entity.entity.js';

/** Held shared by every sign-up until it commits, and alone by a transfer while it makes sure that it has them all. */
const SIGN_UPS_LOCK = 7_316_405;

@Injectable()
export class CompanyStore {
  constructor(private readonly clock: Clock) {}

  /**
   * Call it in the transaction of the sign-up. Until that commits no transfer finishes, so a sign-up that read the
   * companies a moment before a transfer is still found by it.
   */
  async resolve(tx: Tx, residenceCountry: string): Promise<ContractingEntity[]> {
    await tx.query('select pg_advisory_xact_lock_shared($1)', [SIGN_UPS_LOCK]);
    const now = await this.clock.now(tx);
    const transfers = await tx.find(
      EntityTransferEntity,
      { effectiveAt: LessThanOrEqual(now) },
      { order: { effectiveAt: 'asc', id: 'asc' } },
    );
    const inOrder = transfers.map(({ fromName, toName, ...rest }) => ({ ...rest, from: fromName, to: toName }));
    return contractingEntitiesAt(residenceCountry, await this.configured(tx), inOrder, now);
  }

  /** Waits for every sign-up under way; the next ones wait for the end of this transaction. */
  async waitForSignUps(tx: Tx): Promise<void> {
    await tx.query('select pg_advisory_xact_lock($1)', [SIGN_UPS_LOCK]);
  }

  /** Whether any member can be contracted with a company of this name. */
  async knows(tx: Tx, name: string): Promise<boolean> {
    if (FMA_ENTITIES.includes(name) || Object.values(await this.configured(tx)).includes(name)) return true;
    return tx.exists(EntityTransferEntity, { toName: name });
  }

  private async configured(tx: Tx): Promise<Record<string, string>> {
    const rows = await tx.find(ContractingEntityEntity, {});
    return Object.fromEntries(rows.map(({ country, name }) => [country, name]));
  }
}
