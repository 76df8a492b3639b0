/**
 * Fees of value-added services that nobody used and nobody can use any more: the ledger keeps them as earned when a month
 * closes. Which they are, a room above says that knows the memberships.
 */
import { Injectable } from '@nestjs/common';
import type { Tx } from '../platform/database/tx.js';

/** Charge ids of such fees that are still open, as of an instant. */
type FindUnusable = (tx: Tx, before: Date) => Promise<string[]>;

@Injectable()
export class UnusableFees {
  private readonly finders: FindUnusable[] = [];

  register(find: FindUnusable): void {
    this.finders.push(find);
  }

  async before(tx: Tx, before: Date): Promise<string[]> {
    const found: string[] = [];
    for (const find of this.finders) found.push(...(await find(tx, before)));
    return found;
  }
}
