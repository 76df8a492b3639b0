/** Tells the ledger which add-ons nobody can use any more: those of memberships that have ended (3.1.3). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnusableFees } from '../ledger/unusable-fees.js';
import type { Tx } from '../platform/database/tx.js';

/** Charge ids of unused add-ons whose membership ended before an instant. */
export async function unusableAddOns(tx: Tx, before: Date): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select f.charge_id as id from deferred_fees f join subscriptions s on s.id = f.subscription_id
     where f.kind = 'add_on' and f.status = 'open' and s.ended_at < $1`,
    [before],
  );
  return rows.map(({ id }) => id);
}

@Injectable()
export class UnusableAddOns implements OnModuleInit {
  constructor(private readonly fees: UnusableFees) {}

  onModuleInit(): void {
    this.fees.register(unusableAddOns);
  }
}
