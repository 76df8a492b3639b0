/** How a settlement is shown: how far it is, what it holds, and what could not be read. */
import type { SettlementEntity } from './settlement.entity.js';

export class LineErrorView {
  /** Of the file; the header is line 1. */
  line: number;
  message: string;
}

export class LoadedView {
  id: string;
}

export class SettlementView {
  id: string;
  gateway: string;
  format: string;
  status: string;
  /** Without the header. */
  lines: number;
  /** Lines that agree with our records; 0 until all were compared. */
  matched: number;
  /** Breaks that were opened, whatever became of them; 0 until all lines were compared. */
  breaks: number;
  /** Only of a rejected file; the first hundred. */
  errors?: LineErrorView[];
  firstAt: Date | null;
  lastAt: Date | null;
  /** Our movements of this stretch must be in it or in one before it; null = from the beginning. */
  coversFrom: Date | null;
  coversTo: Date | null;
  receivedAt: Date;
  loadedBy: string;
  doneAt: Date | null;
  /** When it was posted to the ledger: once no break of it is open. */
  bookedAt: Date | null;
}

export function viewSettlement(settlement: SettlementEntity): SettlementView {
  const { sha256: _sha256, errors, ...facts } = settlement;
  const shown = { ...facts, matched: facts.matched ?? 0, breaks: facts.breaks ?? 0 };
  return errors === null ? shown : { ...shown, errors };
}
