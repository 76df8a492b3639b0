/** Reads and writes the uses of benefits; decides nothing. */
import { Injectable } from '@nestjs/common';
import type { Term } from '../domain/subscription.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, type PageQuery } from '../platform/http/page.js';
import { BenefitUseEntity } from './benefit-use.entity.js';

@Injectable()
export class BenefitUseStore {
  constructor(private readonly database: Database) {}

  async insert(tx: Tx, use: BenefitUseEntity): Promise<void> {
    await tx.insert(BenefitUseEntity, use);
  }

  /** By its natural key: one order uses one benefit once. */
  find(
    tx: Tx,
    { subscriptionId, benefit, orderId }: Pick<BenefitUseEntity, 'subscriptionId' | 'benefit' | 'orderId'>,
  ): Promise<BenefitUseEntity | null> {
    return tx.findOne(BenefitUseEntity, { subscriptionId, benefit, orderId });
  }

  get(id: string): Promise<BenefitUseEntity> {
    return this.database.reader.require(BenefitUseEntity, { id });
  }

  /** Newest first. */
  list(subscriptionId: string, page: PageQuery): Promise<BenefitUseEntity[]> {
    return this.database.reader.find(
      BenefitUseEntity,
      { subscriptionId, ...afterCursor(page) },
      { order: { id: 'desc' }, take: limitOf(page) + 1 },
    );
  }

  /**
   * How many uses fall into a term, and their value in minor units, those of value-added services left out. By instant,
   * not by number: what was used in grace belongs to the next term when that is paid in time and so begins at the old end.
   */
  async usedIn(
    tx: Tx,
    { subscriptionId, startsAt, endsAt }: Pick<Term, 'subscriptionId' | 'startsAt' | 'endsAt'>,
  ): Promise<{ uses: number; valueMinor: number }> {
    const [used] = await tx.query<{ uses: number; value_minor: number }>(
      `select count(*) as uses, coalesce(sum(value_minor), 0)::bigint as value_minor from benefit_uses
       where subscription_id = $1 and not of_add_on and used_at >= $2 and used_at < $3`,
      [subscriptionId, startsAt, endsAt],
    );
    return { uses: used?.uses ?? 0, valueMinor: used?.value_minor ?? 0 };
  }
}
