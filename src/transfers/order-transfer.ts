/** Takes the order that one company hands its members over to another (VIP 1.1, 8.3); it is carried out at its instant. */
import { Injectable } from '@nestjs/common';
import { CompanyStore } from '../companies/company.store.js';
import { TransferStore, type StoredTransfer } from '../companies/transfer.store.js';
import { Database } from '../platform/database/database.js';
import { validationFailed } from '../platform/http/problem.js';
import { Clock } from '../platform/time/clock.js';
import type { TransferBody } from './transfer.dto.js';

@Injectable()
export class OrderTransfer {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly companies: CompanyStore,
    private readonly transfers: TransferStore,
  ) {}

  /**
   * Refuses 422 for the same company twice, an instant that is past, a company nobody contracts with; then 409
   * `already_published` for what was ordered before.
   */
  async order(body: TransferBody, orderedBy: string): Promise<StoredTransfer> {
    const { from, to } = body;
    const country = body.country ?? null;
    const effectiveAt = new Date(body.effectiveAt);
    return this.database.transaction(async (tx) => {
      const now = await this.clock.now(tx);
      if (from === to) throw validationFailed([{ path: 'to', message: 'must be another company than from' }]);
      if (effectiveAt < now) {
        throw validationFailed([{ path: 'effectiveAt', message: `is past; it is ${now.toISOString()}` }]);
      }
      if (!(await this.companies.knows(tx, from))) {
        throw validationFailed([{ path: 'from', message: 'no member contracts with a company of this name' }]);
      }
      const id = await this.transfers.order(tx, { from, to, country, effectiveAt }, orderedBy, now);
      return this.transfers.get(tx, id);
    });
  }
}
