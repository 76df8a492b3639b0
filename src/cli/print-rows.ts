/** Prints the rows of a report: as CSV or JSON however many, or as a table to be read. */
import { writeCsv, type RowBatches } from '../platform/http/csv.js';

export const FORMATS = ['table', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const TABLE_ROWS_MAX = 1000;

export async function printRows(batches: RowBatches, columns: readonly string[], format: Format): Promise<void> {
  // The reader may stop early, such as `head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  if (format === 'csv') return writeCsv(batches, columns, process.stdout);
  if (format === 'json') return printJson(batches);
  return printTable(batches, columns);
}

async function printJson(batches: RowBatches): Promise<void> {
  let before = '[\n';
  for await (const rows of batches) {
    if (rows.length === 0) continue;
    await write(before + rows.map((row) => JSON.stringify(row)).join(',\n'));
    before = ',\n';
  }
  await write(before === '[\n' ? '[]\n' : '\n]\n');
}

async function printTable(batches: RowBatches, columns: readonly string[]): Promise<void> {
  const lines: string[][] = [];
  let more = false;
  for await (const rows of batches) {
    const room = TABLE_ROWS_MAX - lines.length;
    lines.push(
      ...rows.slice(0, room).map((row) => columns.map((name) => cellOf((row as Record<string, unknown>)[name]))),
    );
    more = rows.length > room;
    if (more) break;
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
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
