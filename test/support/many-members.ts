/**
 * Makes thousands of members out of one that the service itself made: copies its rows, here and at the gateway, in sets,
 * each under ids of its own and begun at an instant of its own. It invents no row.
 */
import pg from 'pg';

/** The service's database and the gateway's. */
export interface Databases {
  config: { DATABASE_URL?: string };
  sandboxDatabaseUrl: string;
}

export interface Copies {
  /** The member that is copied; the name must hold the word `model`. */
  userId: string;
  /** Numbers of the copies, both included; no two copies of a test share one. */
  from: number;
  to: number;
  /** SQL over `n`: how much earlier copy `n` began. */
  earlier: string;
}

// In the order of their foreign keys.
const BY_SUBSCRIPTION = [
  'mandates',
  'charges',
  'terms',
  'gateway_requests',
  'timeline_entries',
  'outbox_events',
  'notices',
  'add_ons',
  'deferred_fees',
];
const BY_USER = ['gateway_customers', 'standings', 'eligibility_decisions'];

// A copy's id keeps the front of the model's, and with it the order in which a member's rows were written.
const FUNCTIONS = `
  create function pg_temp.copy(model text, n integer) returns text language sql immutable parallel safe as $$
    select regexp_replace(regexp_replace(regexp_replace(model,
      '([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{2})[0-9a-f]{10}', '\\1' || lpad(to_hex(n), 10, '0'), 'g'),
      '((cus|pm|pi|ch|txn|seti|re)_[0-9A-Za-z]{24})', '\\1x' || n, 'g'),
      'model', 'copy' || n, 'g')
  $$;`;

export async function copyMembers(service: Databases, wanted: Copies[]): Promise<void> {
  await connected(service.config.DATABASE_URL ?? '', async (ours) => {
    await connected(service.sandboxDatabaseUrl, async (theirs) => {
      for (const copies of wanted) await copyMember(ours, theirs, copies);
    });
  });
}

/** The name of the gateway's object, or of a user, that copy `n` has in place of the model's. */
export function copyOf(model: string, n: number): string {
  return model.includes('model') ? model.replace('model', `copy${n}`) : `${model}x${n}`;
}

async function copyMember(ours: pg.Client, theirs: pg.Client, copies: Copies): Promise<void> {
  const { userId } = copies;
  const [subscription] = await rowsOf<{ id: string }>(ours, 'select id from subscriptions where user_id = $1', [
    userId,
  ]);
  const [known] = await rowsOf<{ id: string }>(
    ours,
    'select customer_id as id from gateway_customers where user_id = $1',
    [userId],
  );
  if (subscription === undefined || known === undefined) throw new Error(`there is no member ${userId} to copy`);
  for (const table of BY_USER) await copyRows(ours, table, `user_id = '${userId}'`, copies);
  const own = `'${subscription.id}'`;
  await copyRows(ours, 'subscriptions', `id = ${own}`, copies);
  for (const table of BY_SUBSCRIPTION) await copyRows(ours, table, `subscription_id = ${own}`, copies);
  await copyRows(
    ours,
    'add_on_charges',
    `add_on_id in (select id from add_ons where subscription_id = ${own})`,
    copies,
  );
  const posted = `(select transaction_id from ledger_entries where subscription_id = ${own})`;
  await copyRows(ours, 'ledger_transactions', `id in ${posted}`, copies);
  await copyRows(ours, 'ledger_entries', `transaction_id in ${posted}`, copies);
  await theirs.query(
    `with own as (select * from objects where id = $1 or customer = $1 and kind <> 'event'),
       models as (select * from own union all
         select * from objects where kind = 'balance_transaction' and body->>'source' in (select id from own))
     insert into objects (id, kind, customer, payment_intent, created, body)
     select pg_temp.copy(id, n), kind, pg_temp.copy(customer, n), pg_temp.copy(payment_intent, n), created,
       pg_temp.copy(body::text, n)::json
     from models, generate_series($2::int, $3::int) n`,
    [known.id, copies.from, copies.to],
  );
}

async function copyRows(ours: pg.Client, table: string, models: string, copies: Copies): Promise<void> {
  const columns = await rowsOf<{ name: string; type: string }>(
    ours,
    `select column_name as name, data_type as type from information_schema.columns
     where table_name = $1 and table_schema = 'public' order by ordinal_position`,
    [table],
  );
  const values = columns.map(({ name, type }) => {
    if (type === 'uuid' || type === 'jsonb') return `pg_temp.copy(${name}::text, n)::${type}`;
    if (type === 'text') return `pg_temp.copy(${name}, n)`;
    return type.startsWith('timestamp') ? `${name} - (${copies.earlier})` : name;
  });
  await ours.query(
    `insert into ${table} (${columns.map(({ name }) => name).join(', ')})
     select ${values.join(', ')} from ${table}, generate_series($1::int, $2::int) n where ${models}`,
    [copies.from, copies.to],
  );
}

async function rowsOf<T extends object>(client: pg.Client, text: string, values: unknown[]): Promise<T[]> {
  return (await client.query<T>(text, values)).rows;
}

async function connected(connectionString: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(FUNCTIONS);
    await client.query('begin');
    await use(client);
    await client.query('commit');
    await client.query('analyze');
  } finally {
    await client.end();
  }
}
