/**
 * Stripe's itemized balance change report: one line per balance transaction, in major units, times in UTC. It needs the
 * metadata `reference` of payments and refunds among its columns.
 */
import type { SettlementLine } from '../domain/reconciliation.js';
import { kindOfCategory, STRIPE_SETTLES_WITHIN_MS } from '../gateway/stripe/stripe-movements.js';
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

export const STRIPE_FORMAT: SettlementFormat<(typeof COLUMNS)[number]> = {
  name: 'stripe',
  columns: COLUMNS,
  completeAfterMs: STRIPE_SETTLES_WITHIN_MS,
  read(row): SettlementLine {
    const kind = kindOfCategory(row.reporting_category);
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
