/**
 * Reads the gateway's own record of movements, from an address page by page or from a file. It judges nothing; what it
 * cannot read is an error that says what was expected.
 */
import { readFile } from 'node:fs/promises';
import type { Movement } from './check.js';

const PAGE = 1000;
const PATIENCE_MS = 60_000;
const RECORD_PATH = '/sandbox/movements';
const EXPECTED = '{"data": [{"type", "paymentIntent", "reference", "refund", "amount", "currency"}], "nextCursor"}';

type Listed = Omit<Movement, 'before'> & { id?: string };

interface Page {
  data: Listed[];
  nextCursor: string | null;
}

export class GatewayRecord {
  private lastCursor: string | null = null;
  private lastPage: Listed[] = [];

  /** `place`: the address of the record, the gateway's own, or a file that holds the same JSON. */
  constructor(private readonly place: string) {}

  /** All there is. */
  read(): Promise<Listed[]> {
    return this.isAddress ? this.readPages() : this.readFile();
  }

  /** What came since `read`; nothing can have come into a file. */
  async readSince(): Promise<Listed[]> {
    if (!this.isAddress) return [];
    const known = new Set(this.lastPage.map(({ id }) => id));
    const again = await this.readPages();
    return again.filter(({ id }) => !known.has(id));
  }

  private get isAddress(): boolean {
    return /^https?:\/\//.test(this.place);
  }

  /** Goes on where the last reading ended: its last page may have grown. */
  private async readPages(): Promise<Listed[]> {
    const movements: Listed[] = [];
    for (;;) {
      const { data, nextCursor } = await this.fetchPage();
      movements.push(...data);
      this.lastPage = data;
      if (nextCursor === null) return movements;
      this.lastCursor = nextCursor;
    }
  }

  private async fetchPage(): Promise<Page> {
    const url = new URL(this.place);
    if (url.pathname === '/') url.pathname = RECORD_PATH;
    url.searchParams.set('limit', String(PAGE));
    if (this.lastCursor !== null) url.searchParams.set('cursor', this.lastCursor);
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : error.message;
      throw new Error(`The gateway's record at ${url.href} does not answer: ${cause}`);
    });
    if (!answer.ok) throw new Error(`The gateway's record at ${url.href} answered ${answer.status}.`);
    return pageOf(await answer.text(), url.href);
  }

  private async readFile(): Promise<Listed[]> {
    const text = await readFile(this.place, 'utf8').catch((error: Error) => {
      throw new Error(`The gateway's record cannot be read from ${this.place}: ${error.message}`);
    });
    return pageOf(text, this.place).data;
  }
}

function pageOf(text: string, place: string): Page {
  const read = parsed(text);
  const page = Array.isArray(read) ? { data: read as unknown[] } : read;
  const data = (page as Partial<Page> | null)?.data;
  if (!Array.isArray(data) || !data.every(isMovement)) throw new Error(`${place} is not ${EXPECTED}.`);
  return { data, nextCursor: (page as Partial<Page>).nextCursor ?? null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isMovement(one: unknown): boolean {
  const { type, amount, currency } = (one ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && Number.isInteger(amount) && typeof currency === 'string';
}
