/**
 * Reads a settlement file piece by piece into rows for COPY: never more than one piece of it is in memory. Every line
 * that cannot be read is noted with its number; a file with one such line is not used at all.
 */
import { TextDecoder } from 'node:util';
import Papa from 'papaparse';
import { feeIsExpected, type SettlementLine } from '../domain/reconciliation.js';
import { minorDigits, Unreadable, type SettlementFormat } from './settlement-format.js';

export interface LineError {
  line: number;
  message: string;
}

export const ERRORS_MAX = 100;
// A quote that is never closed would make the rest of the file one cell.
const ROW_MAX = 1_000_000;

/** The columns of `settlement_lines`, in the order in which they are copied. */
export const COPIED_COLUMNS =
  'settlement_id, number, kind, transaction_id, source_id, reference, currency, gross_minor, fee_minor, fee_expected, occurred_at';

export class ReadSettlement {
  readonly errors: LineError[] = [];
  /** Lines that were read, without the header. */
  lines = 0;
  firstAt: Date | null = null;
  lastAt: Date | null = null;
  private lineNumber = 1;
  private header: string[] | null = null;
  private indexes: number[] = [];
  /** Nothing that follows can be read, or enough was found. */
  private stopped = false;

  constructor(
    private readonly settlementFormat: SettlementFormat,
    private readonly feePercentMax: number,
  ) {}

  /** Text for COPY. The file is read to its end in any case; after the first error only more errors are looked for. */
  async *copyText(settlementId: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
    for await (const rows of this.rows(bytes)) {
      let text = '';
      for (const cells of rows) {
        if (this.stopped) break;
        const number = this.lineNumber;
        const line = this.readRow(cells);
        if (line !== null && this.errors.length === 0) text += this.copied(settlementId, number, line);
      }
      if (text !== '' && this.errors.length === 0) yield text;
    }
    if (this.header === null && !this.stopped) this.stop('the file is empty: it has no header');
  }

  private async *rows(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[][]> {
    let parser: Papa.Parser | null = null;
    let rest = '';
    for await (const piece of this.decoded(bytes)) {
      rest += piece;
      if (rest.length > ROW_MAX) this.stop(`it is longer than ${ROW_MAX} characters`);
      // How lines end is seen where the first one does.
      if (this.stopped || (parser === null && !rest.includes('\n'))) continue;
      parser ??= parserFor(rest);
      const { rows, cursor, misplacedQuote } = parse(parser, rest, false);
      rest = rest.slice(cursor);
      yield rows;
      if (misplacedQuote) this.stop('a quote stands where none belongs');
    }
    if (rest === '' || this.stopped) return;
    const { rows, misplacedQuote } = parse(parser ?? parserFor(rest), rest, true);
    yield rows;
    if (misplacedQuote) this.stop('a quote is not closed, or stands where none belongs');
  }

  private async *decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const piece of bytes) {
      if (this.stopped) continue;
      const text = decode(decoder, piece);
      yield text ?? piece.toString().split('\ufffd', 1)[0] ?? '';
      if (text === null) this.stop('it is not UTF-8');
    }
    if (!this.stopped && decode(decoder) === null) this.stop('it is not UTF-8');
  }

  private readRow(cells: string[]): SettlementLine | null {
    const number = this.lineNumber;
    this.lineNumber += linesOf(cells);
    if (cells.length === 1 && cells[0] === '') return null;
    if (this.header === null) {
      this.readHeader(cells, number);
      return null;
    }
    this.lines += 1;
    if (cells.length !== this.header.length) {
      this.fault(number, `it has ${cells.length} cells, the header has ${this.header.length}`);
      return null;
    }
    try {
      const line = this.settlementFormat.read(this.rowOf(cells));
      this.stretch(line.occurredAt);
      return line;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.fault(number, error.message);
      return null;
    }
  }

  private readHeader(cells: string[], number: number): void {
    const { columns } = this.settlementFormat;
    const missing = columns.filter((column) => !cells.includes(column));
    this.header = cells;
    this.indexes = columns.map((column) => cells.indexOf(column));
    if (missing.length === 0) return;
    this.fault(number, `the header lacks ${missing.join(', ')}`);
    this.stopped = true;
  }

  private rowOf(cells: string[]): Record<string, string> {
    const { columns } = this.settlementFormat;
    const row: Record<string, string> = {};
    for (let index = 0; index < columns.length; index += 1) {
      row[columns[index] as string] = cells[this.indexes[index] as number] as string;
    }
    return row;
  }

  private stretch(at: Date): void {
    if (this.firstAt === null || at < this.firstAt) this.firstAt = at;
    if (this.lastAt === null || at > this.lastAt) this.lastAt = at;
  }

  private copied(settlementId: string, number: number, line: SettlementLine): string {
    const { kind, transactionId, sourceId, reference, currency, grossMinor, feeMinor, occurredAt } = line;
    const expected = feeIsExpected(line, minorDigits(currency), this.feePercentMax) ? 't' : 'f';
    const named = reference === null ? '\\N' : escaped(reference);
    const ids = `${escaped(transactionId)}\t${escaped(sourceId)}\t${named}`;
    const money = `${currency}\t${grossMinor}\t${feeMinor}\t${expected}`;
    return `${settlementId}\t${number}\t${kind}\t${ids}\t${money}\t${occurredAt.toISOString()}\n`;
  }

  private fault(line: number, message: string): void {
    this.errors.push({ line, message });
    this.stopped = this.errors.length >= ERRORS_MAX;
  }

  private stop(message: string): void {
    if (!this.stopped) this.fault(this.lineNumber, message);
    this.stopped = true;
  }
}

/** Null where it is no UTF-8; without a piece, whether the last one ended within a character. */
function decode(decoder: TextDecoder, piece?: Buffer): string | null {
  try {
    return decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    return null;
  }
}

/** Lines end the way the first one does. */
function parserFor(start: string): Papa.Parser {
  const firstEnd = start.indexOf('\n');
  return new Papa.Parser({ delimiter: ',', newline: start[firstEnd - 1] === '\r' ? '\r\n' : '\n' });
}

interface Parsed {
  rows: string[][];
  /** Where the last whole row ends. */
  cursor: number;
  /** In the row after the last one here. */
  misplacedQuote: boolean;
}

/** The row at the end of a piece is whole only when it is the end of the file. */
function parse(parser: Papa.Parser, text: string, isEnd: boolean): Parsed {
  const { data, errors, meta } = parser.parse(text, 0, !isEnd) as Papa.ParseResult<string[]>;
  const faulty = errors.map(({ row }) => row ?? 0).filter((row) => row < data.length);
  const rows = faulty.length === 0 ? data : data.slice(0, Math.min(...faulty));
  return { rows, cursor: meta.cursor, misplacedQuote: faulty.length > 0 };
}

/** A quoted cell may hold line ends. */
function linesOf(cells: string[]): number {
  let lines = 1;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) lines += 1;
  }
  return lines;
}

function escaped(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text;
}
