/**
 * Decides what each movement does to the balance: gross, the gateway's fee and net, in integer minor units. Neither a
 * refund nor a dispute that is won gives a fee back, as with Stripe.
 */
import type Stripe from 'stripe';
import { unitDigits } from './amounts.js';
import { newId } from './unit-of-work.js';

const AVAILABLE_AFTER_SECONDS = 2 * 24 * 60 * 60;

/** 1.4 % rounded half up, plus 25 minor units (250 with three digits). `// 4999 → 69.986 → 70 + 25 = 95` */
export function feeMinor(amountMinor: number, currency: string): number {
  const fixed = unitDigits(currency) === 3 ? 250 : 25;
  return Math.floor((amountMinor * 14 + 500) / 1000) + fixed;
}

/** What a dispute costs, won or lost: 15.00, or 1500 where there are no smaller units. */
export function disputeFeeMinor(currency: string): number {
  return unitDigits(currency) === 3 ? 15_000 : 1500;
}

/** Major units as a report prints them: `4999 eur → 49.99`, `-5000 jpy → -5000`. */
export function majorUnits(amountMinor: number, currency: string): string {
  const digits = unitDigits(currency);
  const sign = amountMinor < 0 ? '-' : '';
  const padded = String(Math.abs(amountMinor)).padStart(digits + 1, '0');
  const whole = padded.slice(0, padded.length - digits);
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${padded.slice(-digits)}`;
}

/** As Stripe's reports name it; what a dispute moves is of type `adjustment`. */
export type ReportingCategory = 'charge' | 'refund' | 'refund_failure' | 'dispute' | 'dispute_reversal';

interface Movement {
  category: ReportingCategory;
  source: string;
  /** Signed: what comes in is positive. */
  amountMinor: number;
  feeMinor: number;
  currency: string;
  description: string | null;
  now: number;
}

export function balanceTransaction(movement: Movement): Stripe.BalanceTransaction {
  const { amountMinor, currency, category } = movement;
  const fee = movement.feeMinor;
  const description = category === 'dispute' ? 'Dispute fee' : 'Processing fees';
  const details = { amount: fee, application: null, currency, description, type: 'stripe_fee' };
  return {
    id: newId('txn'),
    object: 'balance_transaction',
    amount: amountMinor,
    available_on: movement.now + AVAILABLE_AFTER_SECONDS,
    balance_type: 'payments',
    created: movement.now,
    currency,
    description: movement.description,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [details],
    net: amountMinor - fee,
    reporting_category: category,
    source: movement.source,
    status: 'pending',
    type: category === 'dispute' || category === 'dispute_reversal' ? 'adjustment' : category,
  };
}
