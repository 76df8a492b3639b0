/**
 * What every connection does with statements. Those with values are prepared: PostgreSQL parses and plans each once per
 * connection instead of every time, which for our wide rows costs more than running it. What is run is the same.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** Compiling a statement to machine code takes longer than running any of ours. */
export const NO_JIT = '-c jit=off';

// Enough for every statement the service is written with; what is put together anew for each number of values is not kept.
const NAMES_MAX = 1000;
const names = new Map<string, string>();

export class PreparingClient extends pg.Client {
  // The overloads of `query` are pg's own.
  override query(...given: unknown[]): never {
    const [text, values, ...rest] = given;
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    const asked = name === undefined ? given : [{ name, text, values }, ...rest];
    return (super.query as (...asked: unknown[]) => never)(...asked);
  }
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= NAMES_MAX) return known;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 32);
  names.set(text, name);
  return name;
}
