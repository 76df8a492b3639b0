/**
 * Decides where the sandbox keeps what it knows: one table of Stripe objects, the webhooks still to send, the answers
 * kept under idempotency keys, and its settings, in a database of its own. Never decides what an object says.
 */
import pg from 'pg';
import type Stripe from 'stripe';
import type { InstantRange } from './parameters.js';
import { noSuch } from './stripe-errors.js';

export interface StoredKinds {
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  payment_method: Stripe.PaymentMethod;
  setup_intent: Stripe.SetupIntent;
  payment_intent: Stripe.PaymentIntent;
  charge: Stripe.Charge;
  refund: Stripe.Refund;
  dispute: Stripe.Dispute;
  balance_transaction: Stripe.BalanceTransaction;
  event: Stripe.Event;
  'radar.early_fraud_warning': Stripe.Radar.EarlyFraudWarning;
}

export type Kind = keyof StoredKinds;
export type StoredObject = StoredKinds[Kind];

/** A reference is kept as an id; empty where there is none. */
export function idOf(reference: string | { id: string } | null | undefined): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '');
}

export interface ListFilter {
  customer?: string | undefined;
  paymentIntent?: string | undefined;
  /** Fields of the body that must be equal. */
  fields: Record<string, string | undefined>;
  /** Of events. */
  types: string[];
  created: InstantRange;
  startingAfter?: string | undefined;
  /** The newer ones next to it. */
  endingBefore?: string | undefined;
  limit: number;
}

// `json`, not `jsonb`: answers keep the order of their fields, and nothing is searched inside a body.
const SCHEMA = `
  create table if not exists objects (
    seq bigint generated always as identity primary key,
    id text not null unique,
    kind text not null,
    customer text,
    payment_intent text,
    created bigint not null,
    body json not null
  );
  create index if not exists objects_by_kind on objects (kind, seq);
  create index if not exists objects_by_customer on objects (customer, kind, seq) where customer is not null;
  create index if not exists objects_by_payment_intent on objects (payment_intent, kind, seq)
    where payment_intent is not null;
  create table if not exists deliveries (
    seq bigint generated always as identity primary key,
    event_id text not null unique,
    state text not null check (state in ('pending', 'delivered', 'skipped', 'abandoned')),
    attempts integer not null default 0,
    due_at timestamptz not null
  );
  create index if not exists deliveries_due on deliveries (due_at) where state = 'pending';
  create table if not exists answers (
    key text primary key,
    fingerprint text not null,
    status integer not null,
    body text not null,
    created_at timestamptz not null default now()
  );
  create index if not exists answers_by_age on answers (created_at);
  create table if not exists later (
    object_id text not null,
    act text not null,
    due bigint not null,
    primary key (object_id, act)
  );
  create index if not exists later_by_due on later (due);
  create table if not exists detached (id text primary key);
  create table if not exists settings (name text primary key, value json not null);
`;
const SCHEMA_LOCK = 7_461_203;

export class Store {
  private constructor(readonly pool: pg.Pool) {}

  static async open(databaseUrl: string): Promise<Store> {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
    // An idle connection that breaks is replaced by the pool; unheard, its error would end the process.
    pool.on('error', () => undefined);
    const store = new Store(pool);
    await store.transaction(async (client) => {
      // Two processes that start together would both find no table.
      await client.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      await client.query(SCHEMA);
    });
    return store;
  }

  async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      await client.query('rollback').then(
        () => client.release(),
        () => client.release(true),
      );
      throw error;
    }
  }

  async find<K extends Kind>(kind: K, id: string): Promise<StoredKinds[K] | undefined> {
    const found = await this.pool.query<{ body: StoredKinds[K] }>({
      name: 'find',
      text: 'select body from objects where id = $1 and kind = $2',
      values: [id, kind],
    });
    return found.rows[0]?.body;
  }

  async findAny(id: string): Promise<StoredObject | undefined> {
    const found = await this.pool.query<{ body: StoredObject }>('select body from objects where id = $1', [id]);
    return found.rows[0]?.body;
  }

  /**
   * Newest first, and before an object the ones next to it first; one more than the limit, so that the caller sees whether
   * more follow.
   */
  async list<K extends Kind>(kind: K, filter: ListFilter): Promise<StoredKinds[K][]> {
    const values: (string | number | string[])[] = [kind];
    const conditions = ['kind = $1'];
    const add = (condition: string, value: string | number | undefined): void => {
      if (value !== undefined) conditions.push(`${condition} $${values.push(value)}`);
    };
    add('customer =', filter.customer);
    add('payment_intent =', filter.paymentIntent);
    add('created >', filter.created.gt);
    add('created >=', filter.created.gte);
    add('created <', filter.created.lt);
    add('created <=', filter.created.lte);
    for (const [name, value] of Object.entries(filter.fields)) add(`body->>'${name}' =`, value);
    if (filter.types.length > 0) conditions.push(`body->>'type' = any($${values.push(filter.types)})`);
    if (kind === 'customer') conditions.push(`body->>'deleted' is null`);
    const { startingAfter, endingBefore } = filter;
    if (startingAfter !== undefined) add('seq <', await this.positionOf(startingAfter, 'starting_after'));
    if (endingBefore !== undefined) add('seq >', await this.positionOf(endingBefore, 'ending_before'));
    const order = endingBefore === undefined ? 'desc' : 'asc';
    const text = `select body from objects where ${conditions.join(' and ')} order by seq ${order} limit ${filter.limit + 1}`;
    const { rows } = await this.pool.query<{ body: StoredKinds[K] }>(text, values);
    return rows.map((row) => row.body);
  }

  private async positionOf(id: string, param: string): Promise<string> {
    const found = await this.pool.query<{ seq: string }>('select seq from objects where id = $1', [id]);
    const row = found.rows[0];
    if (row === undefined) throw noSuch('object', id, param);
    return row.seq;
  }

  async setting<T>(name: string): Promise<T | undefined> {
    const found = await this.pool.query<{ value: T }>('select value from settings where name = $1', [name]);
    return found.rows[0]?.value;
  }

  async saveSetting(name: string, value: unknown): Promise<void> {
    await this.pool.query(
      'insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
      [name, JSON.stringify(value)],
    );
  }
}
