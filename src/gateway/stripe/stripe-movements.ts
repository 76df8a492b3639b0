/** Reads Stripe's balance transactions as lines of a settlement, in minor units. */
import type Stripe from 'stripe';
import { MINUTE_MS } from '../../domain/instant.js';
import type { Movement, SettlementLine } from '../../domain/reconciliation.js';
import { fromStripe } from './stripe-currencies.js';

/** Its clock and ours may differ, and an outcome takes a moment to reach us. */
export const STRIPE_SETTLES_WITHIN_MS = 15 * MINUTE_MS;

/** docs.stripe.com/reports/reporting-categories; what is on none of these is `other`. */
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

export function kindOfCategory(reportingCategory: string): Movement {
  return KIND_OF_CATEGORY.get(reportingCategory) ?? 'other';
}

/** `transaction.source` is expanded. An amount that is no whole number of minor units is `NaN`: nobody can load it. */
export function movementOf(transaction: Stripe.BalanceTransaction): SettlementLine {
  const { id, created, currency, amount, fee, reporting_category: category } = transaction;
  const source = typeof transaction.source === 'object' ? transaction.source : null;
  const isCharge = source?.object === 'charge';
  const moved = isCharge ? idOf(source.payment_intent) : idOf(transaction.source);
  const metadata = source !== null && 'metadata' in source ? source.metadata : null;
  return {
    kind: kindOfCategory(category),
    transactionId: id,
    sourceId: moved === '' ? id : moved,
    reference: metadata?.reference ?? null,
    currency: currency.toUpperCase(),
    grossMinor: fromStripe(amount, currency)?.amountMinor ?? NaN,
    feeMinor: fromStripe(fee, currency)?.amountMinor ?? NaN,
    occurredAt: new Date(created * 1000),
  };
}

function idOf(named: string | { id: string } | null): string {
  return typeof named === 'string' ? named : (named?.id ?? '');
}
