/**
 * Carries a transfer out, a batch at a time: every live subscription it concerns gets the new company and one line on
 * its timeline; nothing else of it changes. Stopped anywhere, it goes on where it stood.
 */
import { Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { CompanyStore } from '../companies/company.store.js';
import { TransferStore, type StoredTransfer } from '../companies/transfer.store.js';
import { HOUR_MS, plusMs } from '../domain/instant.js';
import { isLive } from '../domain/subscription.js';
import { Novation } from '../memberships/novation.js';
import { Database } from '../platform/database/database.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

// A batch ends well within the half minute its claim lasts.
const BATCH = 1000;
const AT_ONCE = 50;
/** Longer than any sign-up takes to commit. */
const SIGN_UP_MS = HOUR_MS;

@Injectable()
export class CarryOutTransfer {
  constructor(
    private readonly database: Database,
    private readonly companies: CompanyStore,
    private readonly transfers: TransferStore,
    private readonly subscriptions: SubscriptionStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly novation: Novation,
  ) {}

  /** One batch; after the last one, the end. */
  async carryOut(id: string): Promise<void> {
    const transfer = await this.transfers.get(this.database.reader, id);
    if (transfer.doneAt !== null) return;
    const { from, country, lookedThroughTo } = transfer;
    const concerned = { entity: from, residenceCountry: country };
    if (transfer.startedAt === null) {
      await this.transfers.start(id, await this.subscriptions.countContracted(this.database.reader, concerned));
    }
    const ids = await this.subscriptions.contracted(
      this.database.reader,
      { ...concerned, afterId: lookedThroughTo },
      BATCH,
    );
    await pMap(ids, (subscriptionId) => this.move(transfer, subscriptionId), { concurrency: AT_ONCE });
    const last = ids.at(-1);
    if (last !== undefined) await this.transfers.progress(id, last);
    if (ids.length < BATCH) await this.finish(transfer);
  }

  private async move(transfer: StoredTransfer, subscriptionId: string): Promise<void> {
    await this.changeSubscription.change(subscriptionId, 'scheduler', async (change) => {
      // It may have ended since it was read without the lock.
      if (isLive(change.subscription.status)) await this.novation.novate(change, transfer);
    });
  }

  /** Done when nobody is left, also of those who signed up, or were reopened, while the batches ran. */
  private async finish({ id, from, country, effectiveAt }: StoredTransfer): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.transfers.lock(tx, id);
      const concerned = { entity: from, residenceCountry: country };
      const left = await this.subscriptions.contracted(tx, concerned, 1);
      if (left.length > 0) return this.transfers.lookAgain(tx, id);
      await this.companies.waitForSignUps(tx);
      const createdSince = plusMs(effectiveAt, -SIGN_UP_MS);
      const late = await this.subscriptions.contracted(tx, { ...concerned, createdSince }, 1);
      if (late.length > 0) return this.transfers.lookAgain(tx, id);
      await this.transfers.finish(tx, id);
    });
  }
}
