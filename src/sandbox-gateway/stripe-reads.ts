/**
 * Decides what Stripe's GET routes answer: one object, or a list newest first with `has_more`, and which ids in them are
 * expanded to whole objects. Never writes.
 */
import { LIST_FILTERS } from './known-parameters.js';
import type { Parameters } from './parameters.js';
import type { Kind, Store, StoredKinds, StoredObject } from './store.js';
import { invalidRequest, noSuch } from './stripe-errors.js';

interface Finder {
  findAny(id: string): Promise<StoredObject | undefined>;
}

const MAX_PAGE = 100;
/** Filters that are fields of the object, beside those that have columns. */
const FIELDS = ['charge', 'type', 'source', 'currency', 'email', 'payment_method'];

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
  parameters.only(LIST_FILTERS[kind]);
  const limit = limitOf(parameters);
  const [startingAfter, endingBefore] = [parameters.text('starting_after'), parameters.text('ending_before')];
  if (startingAfter !== undefined && endingBefore !== undefined) {
    const message = 'Received both starting_after and ending_before parameters. Please pass in only one.';
    throw invalidRequest(message);
  }
  const customer = parameters.text('customer');
  if (customer !== undefined) await requireCustomer(store, customer);
  const rows = await store.list(kind, {
    customer,
    paymentIntent: parameters.text('payment_intent'),
    fields: Object.fromEntries(FIELDS.map((name) => [name, parameters.text(name)])),
    types: parameters.words('types'),
    created: parameters.instants('created'),
    startingAfter,
    endingBefore,
    limit,
  });
  const page = endingBefore === undefined ? rows.slice(0, limit) : rows.slice(0, limit).reverse();
  const paths = parameters.words('expand').map((path) => path.replace(/^data\./, ''));
  const data: StoredKinds[K][] = [];
  for (const row of page) data.push(await expanded(store, row, paths));
  return { object: 'list', url, has_more: rows.length > limit, data };
}

function limitOf(parameters: Parameters): number {
  const limit = parameters.count('limit') ?? 10;
  if (limit <= MAX_PAGE) return limit;
  throw invalidRequest(`Invalid integer: ${limit} is greater than ${MAX_PAGE}`, { param: 'limit' });
}

/** One that is gone, or never was, has no list. */
async function requireCustomer(store: Store, id: string): Promise<void> {
  const customer = await store.find('customer', id);
  if (customer === undefined || customer.deleted === true) throw noSuch('customer', id, 'customer');
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
