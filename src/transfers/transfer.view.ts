/** How a transfer is shown: what was ordered by whom, and how far it has come. */
import type { StoredTransfer } from '../companies/transfer.store.js';

export class TransferCountsView {
  /** Subscriptions it concerned when it began; null before. */
  concerned: number | null;
  moved: number;
}

export class TransferView {
  id: string;
  from: string;
  to: string;
  country: string | null;
  effectiveAt: Date;
  status: 'ordered' | 'running' | 'done';
  counts: TransferCountsView;
  orderedAt: Date;
  orderedBy: string;
  doneAt: Date | null;
}

export function viewTransfer(transfer: StoredTransfer): TransferView {
  const { id, from, to, country, effectiveAt, orderedAt, orderedBy, startedAt, doneAt, concerned, moved } = transfer;
  const status = doneAt !== null ? 'done' : startedAt !== null ? 'running' : 'ordered';
  return { id, from, to, country, effectiveAt, status, counts: { concerned, moved }, orderedAt, orderedBy, doneAt };
}
