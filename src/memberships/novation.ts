/**
 * Hands one membership to the company that takes the place of the one it is contracted with (VIP 1.1, 8.3): its books
 * follow, and nothing else of it changes.
 */
import { Injectable } from '@nestjs/common';
import { TransferStore, type StoredTransfer } from '../companies/transfer.store.js';
import { transferEntities } from '../domain/entity-transfer.js';
import { Ledger } from '../ledger/ledger.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class Novation {
  constructor(
    private readonly transfers: TransferStore,
    private readonly ledger: Ledger,
  ) {}

  /** Does nothing where the membership is not contracted with the company that gives. */
  async novate(change: Change, { id: transferId, from, to }: StoredTransfer): Promise<void> {
    const { subscription, tx } = change;
    const before = subscription.contractingEntities;
    if (!before.some(({ name }) => name === from)) return;
    change.move('transfer_entity');
    subscription.contractingEntities = transferEntities(before, { from, to });
    change.record(
      'subscription.entity_transferred',
      '8.3',
      `${to} takes the place of ${from}; price, term and refunds stay as they are`,
      { transferId, from, to, before, after: subscription.contractingEntities },
    );
    await this.ledger.transferred(change);
    await this.transfers.count(tx, transferId, subscription.id);
  }

  /** What it missed while it had ended, in the order in which it took effect. */
  async catchUp(change: Change, endedAt: Date): Promise<void> {
    const { residenceCountry } = change.subscription;
    for (const transfer of await this.transfers.doneSince(change.tx, endedAt, residenceCountry)) {
      await this.novate(change, transfer);
    }
  }
}
