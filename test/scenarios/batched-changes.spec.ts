/** What workers change at one instant shares a transaction; whoever cannot go with the others stops none of them. */
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const MEMBERS = 20;
let service: Service;
let users = 0;
let ids: string[];

beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
beforeEach(async () => {
  ids = [];
  for (let member = 0; member < MEMBERS; member += 1) {
    ids.push((await service.api.subscribe(`m${(users += 1)}`, { startWith: 'trial' })).body.id);
  }
  // Until all that is left is the end of the trials.
  await service.api.clockBy('P29D');
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

async function converted(): Promise<string[]> {
  const { rows } = await service.database.query<{ id: string }>(
    `select subscription_id as id from terms where kind = 'paid' and subscription_id = any($1)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

const allBut = (id: string): Promise<void> =>
  until('everybody else converted', async () => {
    const done = await converted();
    return done.length === MEMBERS - 1 && !done.includes(id);
  });

it('shares transactions', async () => {
  await service.api.clockBy('P1D');
  expect(await converted()).toHaveLength(MEMBERS);
  const { rows } = await service.database.query<{ transactions: number }>(
    `select count(distinct xmin::text)::int as transactions from timeline_entries
     where event = 'charge.opened' and subscription_id = any($1)`,
    [ids],
  );
  expect(rows[0]?.transactions).toBeLessThan(MEMBERS / 2);
});

it('leaves out one that somebody else holds, and brings it when it is free', async () => {
  const [held = ''] = ids;
  const holder = await service.database.connect();
  await holder.query('begin');
  await holder.query('select from subscriptions where id = $1 for update', [held]);
  const moved = service.api.clockBy('P1D');
  await allBut(held);
  await holder.query('commit');
  holder.release();
  await moved;
  expect(await converted()).toHaveLength(MEMBERS);
});

it('carries all others when the database refuses one of them, and that one when it no longer does', async () => {
  const { api, database } = service;
  const [refused = ''] = ids;
  await database.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'refused by the test'; end $$;
    create trigger refuse before insert on terms for each row
      when (new.subscription_id = '${refused}' and new.kind = 'paid') execute function refuse();`);
  const moved = api.clockBy('P1D');
  await allBut(refused);
  await database.query('drop trigger refuse on terms; drop function refuse');
  await moved;
  expect(await converted()).toHaveLength(MEMBERS);
});
