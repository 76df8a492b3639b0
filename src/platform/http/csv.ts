/**
 * Answers with a CSV file as it is read, whatever its length: a header always, then a line per row, with cells that a
 * spreadsheet would take for a formula made harmless. It never holds the file, and stops reading when the caller has gone.
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { applyDecorators, Injectable } from '@nestjs/common';
import { ApiOkResponse, ApiProduces } from '@nestjs/swagger';
import { stringify, type Options } from 'csv-stringify/sync';
import type { Response } from 'express';
import { codeOf } from '../error-code.js';
import { AtMost } from './at-most.js';

// Of the stream, and of the query that was canceled for it.
const CALLER_LEFT = ['ERR_STREAM_PREMATURE_CLOSE', '57014'];

const CELLS: Options = {
  escape_formulas: true,
  cast: { date: (at) => at.toISOString(), boolean: String },
};

/** Rows, many at a time: a step of the stream for each row would cost more than the row. */
export type RowBatches = AsyncIterable<object[]> | Iterable<object[]>;

export interface CsvFile {
  /** Without its ending. */
  name: string;
  /** Keys of the rows, in order. */
  columns: readonly string[];
  /** `gone`: told when nobody waits for the rows any more. */
  rows: (gone: AbortSignal) => RowBatches;
}

/** Documents a route that answers with a file. */
export function CsvRoute(): MethodDecorator {
  return applyDecorators(
    ApiProduces('text/csv'),
    ApiOkResponse({ description: 'a line per row after the header', schema: { type: 'string' } }),
  );
}

@Injectable()
export class CsvAnswers {
  private readonly downloads = new AtMost(4, 'too_many_downloads', 'files are being downloaded');

  /** Refuses `too_many_downloads` (429) while four are being read by this process. */
  send(response: Response, file: CsvFile): Promise<void> {
    return this.downloads.run(() => stream(response, file));
  }
}

/** The same lines into any stream. */
export async function writeCsv(rows: RowBatches, columns: readonly string[], to: Writable): Promise<void> {
  await pipeline(Readable.from(linesOf(columns, rows)), to, { end: false });
}

async function stream(response: Response, { name, columns, rows: read }: CsvFile): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  const lines = linesOf(columns, read(gone.signal));
  try {
    // Before the head is sent, so that a query that cannot run is a problem and not half a file.
    const header = await lines.next();
    const first = await lines.next();
    response.set('Cache-Control', 'no-store');
    response.set('Content-Disposition', `attachment; filename="${name}.csv"`);
    response.type('text/csv; charset=utf-8; header=present');
    await pipeline(Readable.from(resumed([header, first], lines)), response);
  } catch (error) {
    if (!gone.signal.aborted || !CALLER_LEFT.includes(codeOf(error))) throw error;
  } finally {
    response.off('close', leave);
    await lines.return(undefined);
  }
}

async function* resumed(read: IteratorResult<string>[], rest: AsyncGenerator<string>): AsyncGenerator<string> {
  for (const one of read) if (one.done !== true) yield one.value;
  yield* rest;
}

/** The header, then the lines of each batch. */
async function* linesOf(columns: readonly string[], batches: RowBatches): AsyncGenerator<string> {
  yield stringify([[...columns]], CELLS);
  for await (const rows of batches) if (rows.length > 0) yield textOf(rows, columns);
}

/** Cells in order: handing over the rows themselves takes twice as long. */
function textOf(rows: object[], columns: readonly string[]): string {
  const cells = rows.map((row) => columns.map((name) => (row as Record<string, unknown>)[name]));
  return stringify(cells, CELLS);
}
