/**
 * How every connection runs statements. Those with values are prepared: PostgreSQL parses and plans each once per
 * connection instead of every time, which for our wide rows costs more than running it. What is run is the same.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** Of a session: compiling a statement to machine code takes longer than running any of ours. */
export const NO_JIT = '-c jit=off';

/** Of a transaction: a plan made for a settlement of ten lines is not used for one of a million. */
export const PLAN_FOR_VALUES = 'set local plan_cache_mode = force_custom_plan';

/** Of a transaction that works on whole sets: with enough to hash a million ids without a detour over the disk. */
export const WORK_IN_SETS = [`set local work_mem = '128MB'`, PLAN_FOR_VALUES];

// What is asked this often is worth a name; what is put together anew for each number of values mostly is not.
const WORTH_A_NAME = 10;
const NAMES_MAX = 1000;
const names = new Map<string, string>();
let seen = new Map<string, number>();

class Preparing extends pg.Client {
  private last: Promise<unknown> = Promise.resolve();

  // The overloads of `query` are pg's own.
  override query(...given: unknown[]): never {
    const [text, values, ...rest] = given;
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    const asked = name === undefined ? given : [{ name, text, values }, ...rest];
    const ask = (): never => (super.query as (...asked: unknown[]) => never)(...asked);
    return typeof text === 'string' && rest.length === 0 && typeof values !== 'function' ? this.afterLast(ask) : ask();
  }

  /** A connection runs one statement at a time; changes that share a transaction wait here for their turn. */
  private afterLast(ask: () => never): never {
    const answer = this.last.then(ask, ask);
    // Only that it is over, not what it answered.
    this.last = answer.then(over, over);
    return answer as never;
  }
}

const over = (): void => undefined;

/** To its callers it is pg's own client. */
export const PreparingClient: typeof pg.Client = Preparing;

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= NAMES_MAX) return known;
  const times = (seen.get(text) ?? 0) + 1;
  if (seen.size >= NAMES_MAX) seen = new Map();
  seen.set(text, times);
  if (times < WORTH_A_NAME) return undefined;
  seen.delete(text);
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 32);
  names.set(text, name);
  return name;
}
