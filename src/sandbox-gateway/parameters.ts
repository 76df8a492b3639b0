/**
 * Decides what a form-encoded request says. Everything arrives as text or nested text; what is absent, empty or of the
 * wrong form is told apart here. Never decides whether a value makes sense to an endpoint.
 */
import { invalidRequest, unknownParameters } from './stripe-errors.js';

export interface InstantRange {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export class Parameters {
  constructor(private readonly raw: Record<string, unknown>) {}

  /** Refuses what a route does not take, as Stripe does; `expand` goes everywhere. */
  only(known: readonly string[]): this {
    const unknown = Object.keys(this.raw).filter((name) => name !== 'expand' && !known.includes(name));
    if (unknown.length > 0) throw unknownParameters(unknown);
    return this;
  }

  text(name: string): string | undefined {
    const value = this.raw[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw invalidRequest(`Invalid string: ${name}`, { param: name });
    return value;
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw invalidRequest(`Missing required param: ${name}.`, { code: 'parameter_missing', param: name });
  }

  /** A positive integer. */
  count(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
    throw invalidRequest(`Invalid positive integer: ${value}`, { code: 'parameter_invalid_integer', param: name });
  }

  flag(name: string): boolean {
    const value = this.text(name);
    const spelled = value?.toLowerCase();
    if (spelled === undefined || spelled === 'false') return false;
    if (spelled === 'true') return true;
    throw invalidRequest(`Invalid boolean: ${value}`, { param: name });
  }

  /** Only true where the parameter is `true`; for those that also take words, as `off_session` does. */
  isTrue(name: string): boolean {
    return this.text(name)?.toLowerCase() === 'true';
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    const found = allowed.find((word) => word === value);
    if (value === undefined || found !== undefined) return found;
    throw invalidRequest(`Invalid ${name}: must be one of ${allowed.join(', ')}`, { param: name });
  }

  metadata(): Record<string, string> {
    const value = this.raw['metadata'];
    if (value === undefined || value === '') return {};
    if (!isRecord(value)) throw invalidRequest('Invalid object', { param: 'metadata' });
    const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    requireWithinLimits(entries);
    return Object.fromEntries(entries.filter(([, text]) => text !== ''));
  }

  words(name: string): string[] {
    const value = this.raw[name];
    if (!isRecord(value)) return [];
    return Object.values(value).filter((word) => typeof word === 'string');
  }

  instants(name: string): InstantRange {
    const value = this.raw[name];
    if (typeof value === 'string') return { gte: unixSeconds(value, name), lte: unixSeconds(value, name) };
    if (!isRecord(value)) return {};
    const range: InstantRange = {};
    for (const bound of ['gt', 'gte', 'lt', 'lte'] as const) {
      const text = value[bound];
      if (text !== undefined) range[bound] = unixSeconds(text, `${name}[${bound}]`);
    }
    return range;
  }

  /** The same text for the same parameters in any order: what an idempotency key stands for. */
  canonical(): string {
    return JSON.stringify(sorted(this.raw));
  }
}

/** docs.stripe.com/api/metadata: 50 keys of 40 characters, values of 500. */
function requireWithinLimits(entries: [string, string][]): void {
  if (entries.length > 50) throw invalidRequest('You can have up to 50 metadata keys', { param: 'metadata' });
  for (const [key, value] of entries) {
    if (key.length > 40) {
      const message = `Metadata keys can have up to 40 characters, but you passed in a key that is ${key.length} characters. Invalid key: ${key}`;
      throw invalidRequest(message, { param: 'metadata' });
    }
    if (value.length > 500) {
      const message = `Metadata values can have up to 500 characters, but you passed in a value that is ${value.length} characters. Invalid value: ${value}`;
      throw invalidRequest(message, { param: `metadata[${key}]` });
    }
  }
}

function unixSeconds(value: unknown, param: string): number {
  if (typeof value === 'string' && /^\d{1,12}$/.test(value)) return Number(value);
  throw invalidRequest(`Invalid timestamp: must be an integer Unix timestamp`, { param });
}

function sorted(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])]);
}
