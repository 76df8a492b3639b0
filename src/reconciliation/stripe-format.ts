/**
 * Stripe's itemized balance change report: one line per balance transaction, in major units, times in UTC. It needs the
 * metadata `reference` of payments and refunds among its columns.
 */
import { MINUTE_MS } from '../domain/instant.js';
import type { Movement, SettlementLine } from '../domain/reconciliation.js';
import {
  readAmount,
  readCurrency,
  readId,
  readInstant,
  readReference,
  withPlausibleSign,
  type SettlementFormat,
} from './settlement-format.js';

const COLUMNS = [
  'balance_transaction_id',
  'created_utc',
  'currency',
  'gross',
  'fee',
  'reporting_category',
  'source_id',
  'payment_intent_id',
  'payment_metadata[reference]',
  'refund_metadata[reference]',
] as const;

const KIND_OF_CATEGORY = new Map<string, Movement>([
  ['charge', 'capture'],
  ['refund', 'refund'],
  ['refund_failure', 'refund_failure'],
  ['dispute', 'chargeback'],
  ['dispute_reversal', 'chargeback_reversal'],
  ['payout', 'payout'],
  ['payout_reversal', 'payout'],
  ['fee', 'fee'],
  ['network_cost', 'fee'],
]);

/** Its clock and ours may differ, and an outcome takes a moment to reach us. */
export const STRIPE_COMPLETE_AFTER_MS = 15 * MINUTE_MS;

export function stripeMovement(reportingCategory: string): Movement {
  return KIND_OF_CATEGORY.get(reportingCategory) ?? 'other';
}

export const STRIPE_FORMAT: SettlementFormat<(typeof COLUMNS)[number]> = {
  name: 'stripe',
  columns: COLUMNS,
  completeAfterMs: STRIPE_COMPLETE_AFTER_MS,
  read(row): SettlementLine {
    const kind = stripeMovement(row.reporting_category);
    const currency = readCurrency(row.currency, 'currency');
    const transactionId = readId(row.balance_transaction_id, 'balance_transaction_id');
    const isRefund = kind === 'refund' || kind === 'refund_failure';
    const named = isRefund ? 'refund_metadata[reference]' : 'payment_metadata[reference]';
    const source = kind === 'capture' ? row.payment_intent_id : row.source_id;
    return withPlausibleSign(
      {
        kind,
        transactionId,
        sourceId:
          source === '' ? transactionId : readId(source, kind === 'capture' ? 'payment_intent_id' : 'source_id'),
        reference: readReference(row[named], named),
        currency,
        grossMinor: readAmount(row.gross, currency, 'gross'),
        feeMinor: readAmount(row.fee, currency, 'fee'),
        occurredAt: readInstant(row.created_utc, 'created_utc'),
      },
      'gross',
    );
  },
};
