/** Prints the rows of a report: as CSV or JSON however many, or as a table to be read. */
import { writeCsv } from '../platform/csv.js';

export const FORMATS = ['table', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export type Rows = AsyncIterable<object> | Iterable<object>;

const TABLE_ROWS_MAX = 1000;

export async function printRows(rows: Rows, columns: readonly string[], format: Format): Promise<void> {
  // Whoever reads may have seen enough, such as `head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  if (format === 'csv') return writeCsv(rows, columns, process.stdout);
  if (format === 'json') return printJson(rows);
  return printTable(rows, columns);
}

async function printJson(rows: Rows): Promise<void> {
  let before = '[\n';
  for await (const row of rows) {
    await write(`${before}${JSON.stringify(row)}`);
    before = ',\n';
  }
  await write(before === '[\n' ? '[]\n' : '\n]\n');
}

async function printTable(rows: Rows, columns: readonly string[]): Promise<void> {
  const lines: string[][] = [];
  let more = false;
  for await (const row of rows) {
    more = lines.length === TABLE_ROWS_MAX;
    if (more) break;
    lines.push(columns.map((column) => cellOf((row as Record<string, unknown>)[column])));
  }
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...lines.map((line) => line[index]?.length ?? 0)),
  );
  for (const line of [[...columns], ...lines]) {
    console.log(
      line
        .map((cell, index) => align(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
  if (more) console.log(`… only the first ${TABLE_ROWS_MAX}; --format csv has all of them`);
}

/** Numbers stand under each other by their last digit. */
function align(cell: string, width: number): string {
  return /^-?[\d.]+$/.test(cell) ? cell.padStart(width) : cell.padEnd(width);
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
