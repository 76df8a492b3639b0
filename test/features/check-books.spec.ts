/**
 * The checks of the books can fail: honest lives break none of them, and each defect that is seeded by hand, past every
 * trigger of the database, is named by its check; also by the command that finance runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import type { Movement } from '../../src/reports/books/check.js';
import { OWN_CHECKS } from '../../src/reports/books/check-books.js';
import { GATEWAY_CHECKS } from '../../src/reports/books/gateway-checks.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const CHECKS = [...OWN_CHECKS, ...GATEWAY_CHECKS];
const ROOT = path.resolve(__dirname, '../..');
const NOBODY = '01932a4e-1234-7abc-8123-123456789abc';
let service: Service;

beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
  await liveHonestly();
}, 120_000);
afterAll(() => service.stop());

async function liveHonestly(): Promise<void> {
  const { api } = service;
  const begin = async (userId: string, change: object = {}): Promise<string> =>
    (await api.subscribe(userId, change as Record<string, unknown>, { waitSeconds: 30 })).body.id;
  const used = await begin('used');
  await begin('stays');
  const late = await begin('late');
  const early = await begin('early');
  const addOn = await begin('add-on');
  const corrected = await begin('corrected');
  const revoked = await begin('revoked');
  const off = await begin('off');
  await begin('trial', { startWith: 'trial' });
  await api.autoRenewal(off, false);
  await api.useBenefit(used, ['coupon', 'order-1', 500]);
  await api.call('POST', `/v1/subscriptions/${early}/early-renewal`, {}, { waitSeconds: 30 });
  const price = { price: { amount: 990, currency: 'EUR' } };
  await api.call('POST', `/v1/subscriptions/${addOn}/add-ons/gift_wrapping/acceptance`, price, { waitSeconds: 30 });
  const risk = async (at: string, body: object, subject = 'rita'): Promise<string> =>
    (await api.call<{ id: string }>('POST', at, body, { token: await api.token('risk', subject) })).body.id;
  await risk(`/v1/subscriptions/${corrected}/suspension`, { reason: 'under review' });
  await api.clockTo('2026-03-06T10:00:00.000Z');
  await api.cancel(used, {}, { waitSeconds: 30 });
  await risk(`/v1/subscriptions/${corrected}/reinstatement`, { mistaken: true, reason: 'reviewed' });
  await api.clockTo('2026-04-10T10:00:00.000Z');
  await api.cancel(late, {}, { waitSeconds: 30 });
  const finding = await risk(`/v1/subscriptions/${revoked}/revocations`, {
    reason: 'improper_use',
    evidence: 'case 1',
  });
  await risk(`/v1/revocations/${finding}/approval`, {}, 'rolf');
  await api.call('POST', '/v1/ledger/month-closes', { month: '2026-03' }, { scope: 'finance' });
  await until('the close', async () => {
    const { rowCount } = await service.database.query(`select from month_closes where status = 'done'`);
    return rowCount === 1;
  });
}

/** SQL for what belongs to an honest member. */
const subscription = (user: string): string => `(select id from subscriptions where user_id = '${user}')`;
const charge = (user: string): string =>
  `(select id from charges where subscription_id = ${subscription(user)} and purpose <> 'add_on' and term_number = 1)`;
const refund = (user: string): string => `(select id from refunds where subscription_id = ${subscription(user)})`;
const transaction = (fact: string, user: string): string =>
  `(select distinct transaction_id from ledger_entries where fact = '${fact}' and subscription_id = ${subscription(user)})`;

/** A row like another one, with some columns told anew. */
const copy = (table: string, where: string, change: Record<string, string>): string => {
  const json = Object.entries(change).map(([column, value]) => `'${column}', ${value}`);
  return `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object(${json.join(', ')}))).*
    from ${table} t where ${where}`;
};
const post = (fact: string, subject: string, entries: [account: string, minor: number][], of = 'null'): string => `
  with t as (insert into ledger_transactions (id, fact, subject_id, occurrence, at)
    values (gen_random_uuid(), '${fact}', ${subject}, 9, '2026-04-10T10:00:00Z') returning id)
  insert into ledger_entries (transaction_id, line, at, fact, entity, currency, account, amount_minor, subscription_id, term_number)
  select t.id, e.line, '2026-04-10T10:00:00Z', '${fact}', (select min(entity) from deferred_fees), 'EUR', e.account, e.minor, ${of}, 1
  from t, (values ${entries.map(([account, minor], index) => `(${index + 1}, '${account}', ${minor})`).join(', ')})
    e (line, account, minor)`;

const dispute = (user: string): string => `
  insert into chargebacks (id, charge_id, subscription_id, gateway, gateway_dispute_id, amount_minor, currency, reason, status, opened_at,
    next_query_at)
  values (gen_random_uuid(), ${charge(user)}, ${subscription(user)}, 'stripe', 'dp_1', 4999, 'EUR', 'fraudulent', 'open', now(), now())`;

type Gateway = (movements: Movement[]) => Movement[];
type Defect = [check: string, what: string, sql: string | string[], gateway?: Gateway];

const first = (type: string): ((movement: Movement) => boolean) => {
  let found = false;
  return (movement) => {
    if (found || movement.type !== type) return false;
    found = true;
    return true;
  };
};
const without = (type: string): Gateway => {
  return (movements) => {
    const is = first(type);
    return movements.filter((movement) => !is(movement));
  };
};
const changed = (type: string, change: Partial<Movement>): Gateway => {
  return (movements) => {
    const is = first(type);
    return movements.map((movement) => (is(movement) ? { ...movement, ...change } : movement));
  };
};
const added = (movement: Partial<Movement>): Gateway => {
  return (movements) => [
    ...movements,
    { ...movements.find(({ type }) => type === (movement.type ?? 'capture'))!, ...movement },
  ];
};

const DEFECTS: Defect[] = [
  [
    'I01',
    'a second live subscription of a user in a market',
    [
      'drop index one_live_subscription_per_user_and_market',
      copy('subscriptions', `user_id = 'stays'`, { id: 'gen_random_uuid()' }),
    ],
  ],
  [
    'I02',
    'a paid term that begins a day after its payment',
    `update terms set starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day'
     where subscription_id = ${subscription('stays')}`,
  ],
  [
    'I02',
    'terms that overlap',
    [
      'alter table terms drop constraint terms_never_overlap',
      `update terms set starts_at = starts_at - interval '1 day' where subscription_id = ${subscription('early')} and number = 2`,
    ],
  ],
  [
    'I03',
    'a paid term of 364 days',
    `update terms set ends_at = ends_at - interval '1 day' where subscription_id = ${subscription('stays')}`,
  ],
  [
    'I03',
    'a day more than was given back',
    `update terms set ends_at = ends_at + interval '1 day' where subscription_id = ${subscription('corrected')}`,
  ],
  [
    'I03',
    'a trial of 31 days without an offer',
    [
      'alter table terms drop constraint terms_never_overlap',
      `update terms set ends_at = ends_at + interval '1 day' where kind = 'trial'`,
    ],
  ],
  ['I04', 'a captured fee without a term', `delete from terms where subscription_id = ${subscription('stays')}`],
  ['I04a', 'a captured value-added service nobody has', `update add_ons set status = 'refused'`],
  ['I05', 'a paid term whose charge failed', `update charges set status = 'failed' where id = ${charge('stays')}`],
  [
    'I06',
    'more returned than captured',
    `update refunds set amount_minor = 5000, paid_minor = 5000 where id = ${refund('used')}`,
  ],
  ['I07', 'a refund in another currency', `update refunds set currency = 'USD' where id = ${refund('used')}`],
  [
    'I07',
    'a refund of money that was never captured',
    `update refunds set charge_id = '${NOBODY}' where id = ${refund('used')}`,
  ],
  [
    'I08',
    'a refund a cent short inside the period',
    `update refunds set amount_minor = amount_minor - 1, paid_minor = paid_minor - 1 where id = ${refund('used')}`,
  ],
  [
    'I08',
    'a refund a cent over outside the period',
    `update refunds set amount_minor = amount_minor + 1, paid_minor = paid_minor + 1 where id = ${refund('late')}`,
  ],
  ['I08', 'a cancellation that returned nothing', `delete from refunds where id = ${refund('late')}`],
  [
    'I08',
    'a second refund of one cancellation',
    [
      'drop index one_refund_per_cancellation_and_charge',
      copy('refunds', `id = ${refund('used')}`, { id: 'gen_random_uuid()', gateway_refund_id: `'re_other'` }),
    ],
  ],
  ['I09', 'a capture without an authorization', `update charges set mandate_id = null where id = ${charge('stays')}`],
  [
    'I09',
    'a capture through an authorization that was rejected',
    `update mandates set status = 'rejected' where subscription_id = ${subscription('stays')}`,
  ],
  [
    'I10',
    'a charge after the end',
    `update charges set created_at = '2026-04-01T00:00:00Z' where id = ${charge('used')}`,
  ],
  [
    'I10',
    'a renewal after auto-renewal was switched off',
    copy('charges', `id = ${charge('off')}`, {
      ...{ id: 'gen_random_uuid()', term_number: '2', purpose: `'renewal'`, reference: `'again'` },
      ...{ gateway_payment_id: 'null', status: `'failed'`, created_at: `'2026-04-01T00:00:00Z'` },
    }),
  ],
  [
    'I11',
    'a renewal before the term ended',
    copy('charges', `id = ${charge('stays')}`, {
      ...{ id: 'gen_random_uuid()', term_number: '2', purpose: `'renewal'`, reference: `'again'` },
      ...{ gateway_payment_id: 'null', status: `'failed'`, created_at: `'2026-04-01T00:00:00Z'` },
    }),
  ],
  [
    'I12',
    'a charge of another amount than the price',
    `update terms set price_minor = 4998 where subscription_id = ${subscription('stays')}`,
  ],
  [
    'I13',
    'two undecided charges',
    [
      'drop index one_undecided_charge',
      `insert into gateway_requests (id, kind, subject_id, subscription_id, reference, attempt, gateway, status, intended_at)
       select gen_random_uuid(), 'charge', gen_random_uuid(), ${subscription('stays')}, 'r' || n, 1, 'stripe', 'intended', now()
       from generate_series(1, 2) n`,
    ],
  ],
  ['I14', 'a benefit used after the end', `update benefit_uses set used_at = '2026-03-07T00:00:00Z'`],
  ['I14', 'a benefit used before the term', `update benefit_uses set used_at = '2026-02-01T00:00:00Z'`],
  [
    'I14',
    'a benefit used while suspended',
    `update benefit_uses set subscription_id = ${subscription('corrected')}, used_at = '2026-03-02T00:00:00Z'`,
  ],
  [
    'I15',
    'a ledger entry a cent too high',
    `update ledger_entries set amount_minor = amount_minor + 1 where account = 'tax_payable'
       and transaction_id in ${transaction('capture', 'stays')}`,
  ],
  [
    'I15',
    'a transaction that lost its entries',
    `delete from ledger_entries where transaction_id in ${transaction('capture', 'stays')}`,
  ],
  [
    'I15',
    'an entry moved to another day than its transaction',
    `update ledger_entries set at = at + interval '1 day' where transaction_id in ${transaction('capture', 'stays')}`,
  ],
  [
    'I16',
    'a capture that was never posted',
    [
      `delete from ledger_transactions where id in ${transaction('capture', 'stays')}`,
      `delete from ledger_entries where fact = 'capture' and subscription_id = ${subscription('stays')}`,
    ],
  ],
  [
    'I16',
    'a capture posted twice',
    post(
      'capture',
      charge('stays'),
      [
        ['gateway_receivable', 4999],
        ['deferred_revenue', -4131],
        ['tax_payable', -868],
      ],
      subscription('stays'),
    ),
  ],
  [
    'I16a',
    'a refund that is not owed in the books',
    [
      `delete from ledger_transactions where id in ${transaction('refund_owed', 'late')}`,
      `delete from ledger_entries where fact = 'refund_owed' and subscription_id = ${subscription('late')}`,
    ],
  ],
  [
    'I16b',
    'a refund posted as paid twice',
    post(
      'refund_paid',
      refund('late'),
      [
        ['refunds_payable', 4499],
        ['gateway_receivable', -4499],
      ],
      subscription('late'),
    ),
  ],
  [
    'I16b',
    'a refund that went back and was never posted as paid',
    [
      `delete from ledger_transactions where id in ${transaction('refund_paid', 'late')}`,
      `delete from ledger_entries where fact = 'refund_paid' and subscription_id = ${subscription('late')}`,
    ],
  ],
  [
    'I17',
    'a capture posted for a charge that nobody made',
    post('capture', `'${NOBODY}'`, [
      ['gateway_receivable', 5],
      ['deferred_revenue', -5],
    ]),
  ],
  [
    'I17',
    'an entry of a subscription that does not exist',
    post(
      'write_off',
      `'${NOBODY}'`,
      [
        ['write_offs', 5],
        ['gateway_receivable', -5],
      ],
      `'${NOBODY}'`,
    ),
  ],
  [
    'I18',
    'an end taken back',
    `update subscriptions set status = 'active', ended_at = null, end_reason = null where user_id = 'late'`,
  ],
  ['I18', 'an end of another kind than was told', `update subscriptions set status = 'expired' where user_id = 'late'`],
  [
    'I19',
    'a second trial of a user',
    `update subscriptions set user_id = 'trial' where user_id = 'late';
     update terms set kind = 'trial', charge_id = null, price_minor = null, currency = null
     where subscription_id in (select id from subscriptions where status = 'canceled' and user_id = 'trial')`,
  ],
  ['I20', 'a finished key without its answer', `update idempotency_keys set body = null where status = 200`],
  [
    'I21',
    'a yes of the gateway that was overwritten',
    `update charges set status = 'failed', gateway_payment_id = null where id = ${charge('stays')}`,
  ],
  [
    'I21',
    'two captures of one charge and no case',
    copy('gateway_requests', `subject_id = ${charge('stays')}`, {
      ...{ id: 'gen_random_uuid()', attempt: '2', reference: `'again'`, gateway_id: `'pi_again'` },
    }),
  ],
  [
    'I25',
    'a charge that knows of a dispute nobody opened',
    `update charges set disputed_minor = 4999 where id = ${charge('stays')}`,
  ],
  [
    'I22',
    'a line of the timeline told otherwise',
    `update timeline_entries set explanation = 'nothing happened' where event = 'charge.succeeded'
       and subscription_id = ${subscription('stays')}`,
  ],
  [
    'I22',
    'a line of the timeline taken out',
    `delete from timeline_entries where event = 'charge.succeeded' and subscription_id = ${subscription('stays')}`,
  ],
  [
    'I23',
    'a refund that the timeline does not tell',
    `delete from timeline_entries where event = 'refund.created' and subscription_id = ${subscription('late')}`,
  ],
  [
    'I23',
    'a charge that the timeline does not tell',
    `delete from timeline_entries where event = 'charge.opened' and subscription_id = ${subscription('stays')}`,
  ],
  [
    'I24',
    'a card number in a reason',
    `update cancellations set reason = 'paid with 4242 4242-4242 4242, sorry' where subscription_id = ${subscription('late')}`,
  ],
  [
    'B01',
    'a fee that forgot what was recognised of it',
    `update deferred_fees set recognised_minor = recognised_minor - 1 where charge_id = ${charge('stays')}`,
  ],
  [
    'B01',
    'deferred revenue in the books of another company',
    `update deferred_fees set entity = 'Another Company' where charge_id = ${charge('stays')}`,
  ],
  [
    'B02',
    'an unused value-added service taken for used',
    `update deferred_fees set status = 'earned' where kind = 'add_on'`,
  ],
  [
    'B03',
    'a refund owed that the books hold for paid',
    `update gateway_requests set status = 'failed', failure = 'soft' where subject_id = ${refund('late')}`,
  ],
  [
    'B04',
    'more at the gateway than was captured',
    post(
      'write_off',
      `'${NOBODY}'`,
      [
        ['gateway_receivable', 5],
        ['write_offs', -5],
      ],
      subscription('stays'),
    ),
  ],
  [
    'B05',
    'a fee that its closed month passed over',
    `update deferred_fees set recognised_minor = 0 where charge_id = ${charge('stays')}`,
  ],
  [
    'B06',
    'a fee with another tax than was posted',
    `update deferred_fees set tax_minor = 0 where charge_id = ${charge('stays')}`,
  ],
  [
    'B07',
    'a fee that forgot its refund',
    `update deferred_fees set returned_minor = 0 where charge_id = ${charge('late')}`,
  ],
  ['B07', 'a capture without its fee', `delete from deferred_fees where charge_id = ${charge('stays')}`],
  ['B08', 'a dispute the books know nothing of', dispute('stays')],
  [
    'B09',
    'a company that is owed what no other owes',
    post(
      'write_off',
      `'${NOBODY}'`,
      [
        ['intercompany', 5],
        ['write_offs', -5],
      ],
      subscription('stays'),
    ),
  ],
  [
    'L01',
    'a request undecided for two hours',
    `insert into gateway_requests (id, kind, subject_id, subscription_id, reference, attempt, gateway, asks, status, intended_at)
     values (gen_random_uuid(), 'validation', gen_random_uuid(), ${subscription('stays')}, 'r', 1, 'stripe', '{}', 'submitted',
       '2026-04-10T07:00:00Z')`,
  ],
  [
    'L02',
    'a notice nobody gave',
    `update notices set status = 'planned', given_at = null, event_id = null, due_at = '2026-04-01T00:00:00Z'
     where id = (select id from notices where until is null or until > '2026-04-01T00:00:00Z' order by id limit 1)`,
  ],
  [
    'L03',
    'a renewal nobody came for',
    `update subscriptions set due_at = '2026-04-10T09:00:00Z' where user_id = 'stays'`,
  ],
  [
    'L03',
    'captured money nobody returns',
    `update charges set unapplied_at = '2026-04-10T09:00:00Z' where id = ${charge('stays')}`,
  ],
  ['G01', 'a capture we know nothing of', '', added({ reference: 'somebody-else' })],
  [
    'G01',
    'a capture we hold for declined',
    `update gateway_requests set status = 'failed', failure = 'soft' where subject_id = ${charge('stays')}`,
  ],
  ['G02', 'a capture the gateway does not have', '', without('capture')],
  [
    'G03',
    'two captures of one charge at the gateway',
    copy('gateway_requests', `subject_id = ${charge('stays')}`, {
      ...{ id: 'gen_random_uuid()', attempt: '2', reference: `'again'`, gateway_id: `'pi_again'` },
    }),
    added({ reference: 'again' }),
  ],
  ['G04', 'a refund we know nothing of', '', added({ type: 'refund', reference: 'somebody-else', refund: 're_other' })],
  ['G05', 'a refund the gateway does not have', '', without('refund')],
  [
    'G05',
    'a refund the gateway could not deliver',
    '',
    (movements) => [...movements, { ...movements.find(({ type }) => type === 'refund')!, type: 'refund_failure' }],
  ],
  [
    'G06',
    'one refund returned twice',
    '',
    (movements) => [...movements, movements.find(({ type }) => type === 'refund')!],
  ],
  ['G07', 'another amount at the gateway', '', changed('capture', { amount: 4998 })],
  ['G07', 'another currency at the gateway', '', changed('capture', { currency: 'USD' })],
  ['G08', 'more returned of a payment than captured', '', changed('refund', { amount: 5000 })],
  [
    'G09',
    'a capture decided after the end',
    `update gateway_requests set intended_at = '2026-04-01T00:00:00Z' where subject_id = ${charge('used')}`,
  ],
  ['G10', 'less cash at the gateway than in the ledger', '', changed('capture', { amount: 4998 })],
  ['G11', 'a dispute the gateway knows nothing of', dispute('stays')],
  ['D01', 'a number that is missing', `delete from documents where sequence = 1 and kind = 'invoice'`],
  ['D02', 'a capture without its invoice', `delete from documents where charge_id = ${charge('stays')}`],
  [
    'D03',
    'an invoice of another amount',
    `update documents set gross_minor = gross_minor + 1 where charge_id = ${charge('stays')}`,
  ],
  [
    'D04',
    'a credit note over more than its invoice',
    `update documents set gross_minor = 9999, tax_minor = 0 where kind = 'credit_note'`,
  ],
];

/** Ids of the checks that are broken while the defect is there; it is never committed. */
async function brokenBy(sql: string | string[], gateway: Gateway = (movements) => movements): Promise<string[]> {
  const movements = gateway(await listed());
  const client = await service.database.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    for (const statement of [sql].flat()) if (statement !== '') await client.query(statement);
    return await broken(client, movements);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

async function listed(): Promise<Movement[]> {
  return (await service.sandbox.movements()).map((movement) => ({ ...movement, before: true }));
}

async function broken(client: pg.PoolClient, movements: Movement[]): Promise<string[]> {
  const clock = await client.query<{ now_at: Date }>('select now_at from test_clock');
  const given = { now: clock.rows[0]!.now_at, movements: JSON.stringify(movements) };
  const ids: string[] = [];
  for (const { id, sql, given: needed } of CHECKS) {
    const { rowCount } = await client.query(sql, needed === undefined ? [] : [given[needed]]);
    if (rowCount !== 0) ids.push(id);
  }
  return ids;
}

it('finds nothing in honest lives', async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  const { rows } = await service.database.query<{ facts: number }>(
    'select count(distinct fact)::int as facts from ledger_transactions',
  );
  expect(rows[0]?.facts).toBeGreaterThan(4);
});

it.each(DEFECTS.map(([check, what, sql, gateway]) => ({ check, what, sql, gateway })))(
  '$check names $what',
  async ({ check, sql, gateway }) => {
    expect(await brokenBy(sql, gateway)).toContain(check);
  },
);

it('has a defect for every check, and every check says what must hold', () => {
  expect([...new Set(DEFECTS.map(([id]) => id))].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
  for (const { sentence } of CHECKS) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
});

describe('the command', () => {
  async function run(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
    const url = service.config.DATABASE_URL!;
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/src/cli.js'), 'check:books', ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, DATABASE_URL: url },
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output, errors };
  }

  it('ends with 0 on honest books, alone and beside the gateway', async () => {
    const alone = await run();
    expect(alone).toMatchObject({ code: 0, errors: '' });
    expect(alone.output).toContain('nothing is broken');
    const beside = await run('--gateway', service.sandbox.url);
    expect(beside).toMatchObject({ code: 0, output: expect.stringContaining('ok      G10') });
    const file = path.join(service.config.DATA_DIR, 'movements.json');
    await writeFile(file, JSON.stringify({ data: await listed() }));
    expect(await run('--gateway', file)).toMatchObject({ code: 0 });
  });

  it('ends with 1 and shows the rows of what is broken', async () => {
    await service.database.query(
      `begin; set local session_replication_role = replica;
       update deferred_fees set tax_minor = tax_minor - 1 where charge_id = ${charge('stays')}; commit`,
    );
    const found = await run('--format', 'json');
    expect(found.code).toBe(1);
    const findings = JSON.parse(found.output) as { id: string; violations: number; rows: object[] }[];
    expect(findings.find(({ id }) => id === 'B06')).toMatchObject({
      violations: 1,
      rows: [{ posted: expect.anything() }],
    });
    expect((await run()).output).toMatch(/BROKEN {2}B06 .* 1 violation:/);
    await service.database.query(
      `begin; set local session_replication_role = replica;
       update deferred_fees set tax_minor = tax_minor + 1 where charge_id = ${charge('stays')}; commit`,
    );
    expect((await run()).code).toBe(0);
  });

  it('ends with 2 when it cannot check, and says why', async () => {
    expect(await run('--gateway', '/nowhere.json')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('/nowhere.json'),
    });
    expect(await run('--unknown')).toMatchObject({ code: 2, errors: expect.stringContaining('--unknown') });
    const file = path.join(service.config.DATA_DIR, 'nonsense.json');
    await writeFile(file, '{"data": [{"amount": "5"}]}');
    expect(await run('--gateway', file)).toMatchObject({ code: 2, errors: expect.stringContaining('is not') });
  });
});
