/**
 * What is pulled from Stripe's balance transactions, as it is kept until it is loaded: one line per transaction, in minor
 * units, times in Unix seconds. It is written and read here only.
 */
import type Stripe from 'stripe';
import type { SettlementLine } from '../domain/reconciliation.js';
import {
  readableReference,
  readCurrency,
  readId,
  readReference,
  Unreadable,
  type SettlementFormat,
} from './settlement-format.js';
import { STRIPE_COMPLETE_AFTER_MS, stripeMovement } from './stripe-format.js';

const COLUMNS = ['id', 'created', 'currency', 'amount', 'fee', 'reporting_category', 'source', 'reference'] as const;

export const STRIPE_API_FORMAT: SettlementFormat<(typeof COLUMNS)[number]> = {
  name: 'stripe_api',
  columns: COLUMNS,
  completeAfterMs: STRIPE_COMPLETE_AFTER_MS,
  read: (row): SettlementLine => ({
    kind: stripeMovement(row.reporting_category),
    transactionId: readId(row.id, 'id'),
    sourceId: readId(row.source === '' ? row.id : row.source, 'source'),
    reference: readReference(row.reference, 'reference'),
    currency: readCurrency(row.currency, 'currency'),
    grossMinor: readWhole(row.amount, 'amount'),
    feeMinor: readWhole(row.fee, 'fee'),
    occurredAt: new Date(readWhole(row.created, 'created') * 1000),
  }),
};

/** `transaction.source` is expanded. */
export function cellsOf(transaction: Stripe.BalanceTransaction): (string | number)[] {
  const { id, created, currency, amount, fee, reporting_category: category } = transaction;
  const source = typeof transaction.source === 'object' ? transaction.source : null;
  const isCharge = source?.object === 'charge';
  const moved = isCharge ? idOf(source.payment_intent) : idOf(transaction.source);
  const metadata = source !== null && 'metadata' in source ? source.metadata : null;
  return [id, created, currency, amount, fee, category, moved, readableReference(metadata?.reference ?? '')];
}

function idOf(named: string | { id: string } | null): string {
  return typeof named === 'string' ? named : (named?.id ?? '');
}

function readWhole(text: string, column: string): number {
  const whole = Number(text);
  if (text === '' || !Number.isSafeInteger(whole)) throw new Unreadable(`${column} must be a whole number`);
  return whole;
}
