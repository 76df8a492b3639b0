/**
 * What a format of settlement files is, and how the cells that all formats have are read: ids, instants, currencies and
 * amounts. A cell that cannot be read is told with its column; its content never is, it may be anything.
 */
import currencies from 'currency-codes';
import type { SettlementLine } from '../domain/reconciliation.js';
import { holdsCardNumber, isCardNumber } from '../platform/http/card-numbers.js';

export interface SettlementFormat<Column extends string = string> {
  name: string;
  /** The header must hold these, in any order and among others. */
  columns: readonly Column[];
  /** How long after a movement its line may still be missing. */
  completeAfterMs: number;
  /** Throws `Unreadable`. */
  read(row: Readonly<Record<Column, string>>): SettlementLine;
}

export class Unreadable extends Error {}

const ID_FORM = /^[\x21-\x7e]{1,255}$/;
const REFERENCE_FORM = /^[^\p{Cc}\p{Cs}]{1,255}$/u;
const AMOUNT_FORM = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;
const INSTANT_FORM = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/;

const digitsByCurrency = new Map<string, number>();

export function readId(text: string, column: string): string {
  if (!ID_FORM.test(text)) throw new Unreadable(`${column} must be 1 to 255 visible ASCII characters`);
  if (isCardNumber(text)) throw looksLikeCard(column);
  return text;
}

/** Any text; a formula of a spreadsheet is text too. */
export function readReference(text: string, column: string): string | null {
  if (text === '') return null;
  if (!REFERENCE_FORM.test(text)) throw new Unreadable(`${column} must be up to 255 characters in one line`);
  if (holdsCardNumber(text)) throw looksLikeCard(column);
  return text;
}

function looksLikeCard(column: string): Unreadable {
  return new Unreadable(`${column} looks like a card number`);
}

/** Text that is no name of ours, and could not be kept: nothing. */
export function readableReference(text: string): string {
  return REFERENCE_FORM.test(text) && !holdsCardNumber(text) ? text : '';
}

export function readCurrency(text: string, column: string): string {
  const currency = text.toUpperCase();
  if (minorDigits(currency) < 0) throw new Unreadable(`${column} must be an ISO 4217 currency`);
  return currency;
}

/** 0, 2 or 3; -1 for what is no currency. */
export function minorDigits(currency: string): number {
  const known = digitsByCurrency.get(currency);
  if (known !== undefined) return known;
  const digits = currencies.code(currency)?.digits ?? -1;
  // Only real currencies are remembered: a file full of others must not fill the memory.
  if (digits >= 0) digitsByCurrency.set(currency, digits);
  return digits;
}

/** Major units as reports print them, in minor units: `49.99` EUR → 4999, `15.000` KWD → 15000, `4900` JPY → 4900. */
export function readAmount(text: string, currency: string, column: string): number {
  const [whole, sign, major = '', fraction = ''] = AMOUNT_FORM.exec(text) ?? [];
  const digits = minorDigits(currency);
  if (whole === undefined || /[^0]/.test(fraction.slice(digits))) {
    throw new Unreadable(`${column} must be an amount with up to ${digits} decimals`);
  }
  const minor = Number(major + fraction.slice(0, digits).padEnd(digits, '0'));
  return sign === '-' && minor !== 0 ? -minor : minor;
}

/** `2026-03-01 10:00:00`, so many hours ahead of UTC. */
export function readInstant(text: string, column: string, hoursAhead = 0): Date {
  const [, day = null, time = ''] = INSTANT_FORM.exec(text) ?? [];
  const written = day === null ? null : new Date(`${day}T${time}.000Z`);
  // 31 February would become 3 March.
  if (written === null || Number.isNaN(written.getTime()) || !written.toISOString().startsWith(day ?? '')) {
    throw new Unreadable(`${column} must be an instant such as 2026-03-01 10:00:00`);
  }
  return hoursAhead === 0 ? written : new Date(written.getTime() - hoursAhead * 3_600_000);
}

/** Refuses a capture that takes money out and a refund that brings money in. */
export function withPlausibleSign(line: SettlementLine, column: string): SettlementLine {
  if (line.kind === 'capture' && line.grossMinor <= 0) {
    throw new Unreadable(`${column} of a payment must be above zero`);
  }
  if (line.kind === 'refund' && line.grossMinor >= 0) throw new Unreadable(`${column} of a refund must be below zero`);
  return line;
}
