/**
 * Decides what the outside record says: every capture, refund and dispute with money behind it, and what came back of
 * them, as JSON for a test to compare with, and as lines of Stripe's itemized balance-change report. What moved no money,
 * such as a decline, never appears.
 */
import type Stripe from 'stripe';
import { isoMinor } from './amounts.js';
import { majorUnits, type ReportingCategory } from './balance-transactions.js';
import { isoInstant } from './clock.js';
import type { Store } from './store.js';

export interface Entry {
  /** Position among all entries, oldest first. */
  seq: string;
  transaction: Stripe.BalanceTransaction;
  source: Stripe.Charge | Stripe.Refund | Stripe.Dispute;
  charge: Stripe.Charge;
}

const PAGE = 1_000;

export interface Span {
  afterSeq?: string;
  fromSeconds?: number;
  toSeconds?: number;
}

export async function* entries(store: Store, span: Span): AsyncGenerator<Entry> {
  let after = span.afterSeq ?? '0';
  for (;;) {
    const page = await store.pool.query<Entry>(
      `select t.seq, t.body as transaction, s.body as source, coalesce(c.body, s.body) as charge
       from objects t
       join objects s on s.id = t.body->>'source'
       left join objects c on c.id = s.body->>'charge'
       where t.kind = 'balance_transaction' and t.seq > $1 and t.created >= $2 and t.created < $3
       order by t.seq limit ${PAGE}`,
      [after, span.fromSeconds ?? 0, span.toSeconds ?? Number.MAX_SAFE_INTEGER],
    );
    yield* page.rows;
    const last = page.rows.at(-1);
    if (last === undefined || page.rows.length < PAGE) return;
    after = last.seq;
  }
}

const MOVEMENT: Record<ReportingCategory, string> = {
  charge: 'capture',
  refund: 'refund',
  refund_failure: 'refund_failure',
  dispute: 'chargeback',
  dispute_reversal: 'chargeback_reversal',
};

export function movement({ transaction, source, charge }: Entry): Record<string, unknown> {
  return {
    id: transaction.id,
    type: MOVEMENT[transaction.reporting_category as ReportingCategory],
    paymentIntent: charge.payment_intent,
    charge: charge.id,
    refund: source.object === 'refund' ? source.id : null,
    dispute: source.object === 'dispute' ? source.id : null,
    amount: isoMinor(Math.abs(transaction.amount), transaction.currency),
    currency: transaction.currency.toUpperCase(),
    reference: source.metadata?.['reference'] ?? null,
    metadata: source.metadata,
    customer: charge.customer,
    createdAt: isoInstant(transaction.created),
  };
}

const COLUMNS: [name: string, value: (entry: Entry) => string][] = [
  ['balance_transaction_id', ({ transaction }) => transaction.id],
  ['created_utc', ({ transaction }) => reportInstant(transaction.created)],
  ['available_on_utc', ({ transaction }) => reportInstant(transaction.available_on)],
  ['currency', ({ transaction }) => transaction.currency],
  ['gross', ({ transaction }) => majorUnits(transaction.amount, transaction.currency)],
  ['fee', ({ transaction }) => majorUnits(transaction.fee, transaction.currency)],
  ['net', ({ transaction }) => majorUnits(transaction.net, transaction.currency)],
  ['reporting_category', ({ transaction }) => transaction.reporting_category],
  ['source_id', ({ source }) => source.id],
  ['description', ({ transaction }) => transaction.description ?? ''],
  ['customer_id', ({ charge }) => text(charge.customer)],
  ['payment_intent_id', ({ charge }) => text(charge.payment_intent)],
  ['charge_id', ({ charge }) => charge.id],
  ['payment_metadata[reference]', ({ charge }) => charge.metadata['reference'] ?? ''],
  ['refund_metadata[reference]', ({ source }) => refundReference(source)],
];

export const REPORT_HEADER = reportLine(COLUMNS.map(([name]) => name));

export function report(entry: Entry): string {
  return reportLine(COLUMNS.map(([, value]) => value(entry)));
}

function refundReference(source: Entry['source']): string {
  return source.object === 'refund' ? (source.metadata?.['reference'] ?? '') : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `2026-03-01T10:00:00.000Z` → `2026-03-01 10:00:00` */
function reportInstant(unixSeconds: number): string {
  return isoInstant(unixSeconds).slice(0, 19).replace('T', ' ');
}

function reportLine(cells: string[]): string {
  const quoted = cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(',')}\n`;
}
