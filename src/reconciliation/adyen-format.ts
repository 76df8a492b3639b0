/**
 * Adyen's settlement details report: one line per journal entry of a payout, debit and credit apart, in major units and
 * the account's time zone. Its fee is what lies between gross and net, so each currency must settle in itself.
 */
import { DAY_MS } from '../domain/instant.js';
import type { Movement, SettlementLine } from '../domain/reconciliation.js';
import {
  readAmount,
  readCurrency,
  readId,
  readInstant,
  readReference,
  Unreadable,
  withPlausibleSign,
  type SettlementFormat,
} from './settlement-format.js';

const COLUMNS = [
  'Psp Reference',
  'Merchant Reference',
  'Creation Date',
  'TimeZone',
  'Type',
  'Modification Reference',
  'Gross Currency',
  'Gross Debit (GC)',
  'Gross Credit (GC)',
  'Net Currency',
  'Net Debit (NC)',
  'Net Credit (NC)',
  'Modification Merchant Reference',
] as const;

const KIND_OF_TYPE = new Map<string, Movement>([
  ['Settled', 'capture'],
  ['Refunded', 'refund'],
  ['RefundedReversed', 'refund_failure'],
  ['Chargeback', 'chargeback'],
  ['SecondChargeback', 'chargeback'],
  ['ChargebackReversed', 'chargeback_reversal'],
  ['MerchantPayout', 'payout'],
  ['Fee', 'fee'],
  ['MiscCosts', 'fee'],
  ['PaymentCost', 'fee'],
  ['InvoiceDeduction', 'fee'],
]);

const HOURS_AHEAD = new Map([
  ['UTC', 0],
  ['GMT', 0],
  ['BST', 1],
  ['CET', 1],
  ['CEST', 2],
  ['EST', -5],
  ['EDT', -4],
  ['PST', -8],
  ['PDT', -7],
  ['SGT', 8],
]);

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

export const ADYEN_FORMAT: SettlementFormat<(typeof COLUMNS)[number]> = {
  name: 'adyen',
  columns: COLUMNS,
  // A payment is in the report of the payout it is paid out with, days later.
  completeAfterMs: 7 * DAY_MS,
  read(row): SettlementLine {
    const kind = KIND_OF_TYPE.get(row.Type) ?? 'other';
    const isRefund = kind === 'refund' || kind === 'refund_failure';
    // A fee and a payout concern no payment: they have neither its ids nor a gross amount.
    const alone = row['Gross Currency'] === '';
    const currency = readCurrency(row['Net Currency'], 'Net Currency');
    if (!alone && row['Gross Currency'].toUpperCase() !== currency) {
      throw new Unreadable('Gross Currency must be the Net Currency');
    }
    const netMinor = balance(row, currency, 'Net Debit (NC)', 'Net Credit (NC)');
    const grossMinor = alone ? netMinor : balance(row, currency, 'Gross Debit (GC)', 'Gross Credit (GC)');
    const modification = row['Modification Reference'];
    const transactionId =
      modification === '' && alone ? `${row.Type}:${row['Creation Date'].replace(' ', 'T')}` : modification;
    const named = isRefund ? 'Modification Merchant Reference' : 'Merchant Reference';
    return withPlausibleSign(
      {
        kind,
        transactionId: readId(transactionId, 'Modification Reference'),
        sourceId: kind === 'capture' ? readId(row['Psp Reference'], 'Psp Reference') : transactionId,
        reference: readReference(row[named], named),
        currency,
        grossMinor,
        feeMinor: grossMinor - netMinor,
        occurredAt: readInstant(row['Creation Date'], 'Creation Date', hoursAhead(row.TimeZone)),
      },
      'Gross Credit (GC) less Gross Debit (GC)',
    );
  },
};

function balance(row: Row, currency: string, debit: keyof Row, credit: keyof Row): number {
  return readAmount(row[credit] || '0', currency, credit) - readAmount(row[debit] || '0', currency, debit);
}

function hoursAhead(zone: string): number {
  const hours = HOURS_AHEAD.get(zone);
  if (hours === undefined) throw new Unreadable(`TimeZone must be one of ${[...HOURS_AHEAD.keys()].join(', ')}`);
  return hours;
}
