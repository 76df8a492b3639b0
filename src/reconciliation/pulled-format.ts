/**
 * What is pulled from a gateway, as it is kept until it is loaded: one line per movement, in minor units, times in
 * milliseconds. It is written and read here only.
 */
import type { Movement, SettlementLine } from '../domain/reconciliation.js';
import {
  readableReference,
  readCurrency,
  readId,
  readReference,
  Unreadable,
  type SettlementFormat,
} from './settlement-format.js';

const COLUMNS = ['id', 'kind', 'source', 'reference', 'currency', 'gross', 'fee', 'at'] as const;

/** `completeAfterMs`: how long after a movement the gateway may still leave it out. */
export function pulledFormat(completeAfterMs: number): SettlementFormat<(typeof COLUMNS)[number]> {
  return {
    name: 'pulled',
    columns: COLUMNS,
    completeAfterMs,
    read: (row): SettlementLine => ({
      kind: row.kind as Movement,
      transactionId: readId(row.id, 'id'),
      sourceId: readId(row.source, 'source'),
      reference: readReference(row.reference, 'reference'),
      currency: readCurrency(row.currency, 'currency'),
      grossMinor: readWhole(row.gross, 'gross'),
      feeMinor: readWhole(row.fee, 'fee'),
      occurredAt: new Date(readWhole(row.at, 'at')),
    }),
  };
}

export function cellsOf(line: SettlementLine): (string | number)[] {
  const { transactionId, kind, sourceId, reference, currency, grossMinor, feeMinor, occurredAt } = line;
  const named = readableReference(reference ?? '');
  return [transactionId, kind, sourceId, named, currency, grossMinor, feeMinor, occurredAt.getTime()];
}

function readWhole(text: string, column: string): number {
  const whole = Number(text);
  if (text === '' || !Number.isSafeInteger(whole)) throw new Unreadable(`${column} must be a whole number`);
  return whole;
}
