/**
 * Decides what Stripe's GET routes answer: one object, or a list newest first with `has_more`, and which ids in them are
 * expanded to whole objects. Never writes.
 */
import type { Parameters } from './parameters.js';
import type { Kind, Store, StoredKinds, StoredObject } from './store.js';
import { invalidRequest, noSuch } from './stripe-errors.js';

interface Finder {
  findAny(id: string): Promise<StoredObject | undefined>;
}

const MAX_PAGE = 100;

export async function readOne(store: Store, kind: Kind, id: string, parameters: Parameters): Promise<StoredObject> {
  const object = await store.find(kind, id);
  if (object === undefined) throw noSuch(kind, id);
  return expanded(store, object, parameters.words('expand'));
}

export interface StripeList<K extends Kind> {
  object: 'list';
  url: string;
  has_more: boolean;
  data: StoredKinds[K][];
}

export async function readList<K extends Kind>(
  store: Store,
  kind: K,
  url: string,
  parameters: Parameters,
): Promise<StripeList<K>> {
  const limit = Math.min(parameters.count('limit') ?? 10, MAX_PAGE);
  const rows = await store.list(kind, {
    customer: parameters.text('customer'),
    paymentIntent: parameters.text('payment_intent'),
    created: parameters.instants('created'),
    startingAfter: parameters.text('starting_after'),
    limit,
  });
  const paths = parameters.words('expand').map((path) => path.replace(/^data\./, ''));
  const data: StoredKinds[K][] = [];
  for (const row of rows.slice(0, limit)) data.push(await expanded(store, row, paths));
  return { object: 'list', url, has_more: rows.length > limit, data };
}

/** `latest_charge.balance_transaction` expands the charge and, inside it, the transaction. */
export async function expanded<T extends StoredObject>(finder: Finder, object: T, paths: string[]): Promise<T> {
  const copy: Record<string, unknown> = { ...object };
  for (const path of paths) await expandPath(finder, copy, path.split('.'));
  return copy as unknown as T;
}

async function expandPath(finder: Finder, target: Record<string, unknown>, path: string[]): Promise<void> {
  const [field = '', ...rest] = path;
  const value = target[field];
  if (value === null) return;
  const whole = typeof value === 'string' ? await finder.findAny(value) : value;
  if (typeof whole !== 'object') {
    throw invalidRequest(`This property cannot be expanded (${field}).`, { param: 'expand' });
  }
  const copy: Record<string, unknown> = { ...whole };
  target[field] = copy;
  if (rest.length > 0) await expandPath(finder, copy, rest);
}
