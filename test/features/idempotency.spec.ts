/** One idempotency key, one result: replays, reuse, many at once, a holder that died or was only slow, and old keys. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { subscribeBody, type Answer, type SubscriptionAnswer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const ROUTES = ['/v1/subscriptions', '/cancellation', '/payment-retries'];

function subscribe(
  user: string,
  key: string,
  change: object = {},
  subject?: string,
): Promise<Answer<SubscriptionAnswer>> {
  return post('/v1/subscriptions', { ...subscribeBody(user), ...change }, key, subject);
}

async function post(
  path: string,
  body: object,
  key: string,
  subject?: string,
): Promise<Answer<SubscriptionAnswer & { code?: string }>> {
  return service.api.call('POST', path, body, { key, token: await service.api.token('storefront', subject) });
}

async function newcomer(): Promise<string> {
  const user = `u-${randomUUID()}`;
  await service.api.goodStanding(user);
  return user;
}

async function expectReplay(again: Promise<Answer<object>>, first: Answer<object>): Promise<void> {
  const { status, headers, body } = await again;
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(headers.get('idempotency-replayed')).toBe('true');
  expect(status).toBe(first.status);
  expect(body).toEqual(first.body);
}

/** What a process leaves behind that dies while it holds a key. */
async function letHolderDie(bound: boolean): Promise<void> {
  await service.database.query(
    `update idempotency_keys set status = null, body = null, locked_until = clock_timestamp() - interval '1 second',
       resource_id = case when $1 then resource_id end
     where created_at = (select max(created_at) from idempotency_keys)`,
    [bound],
  );
}

async function captures(id: string): Promise<number> {
  return (await service.sandbox.movementsOf(id)).filter(({ type }) => type === 'capture').length;
}

it('asks for a key of 1 to 255 visible characters wherever money may move', async () => {
  const { body } = await service.api.subscribe(await newcomer());
  for (const route of ROUTES) {
    const path = route.startsWith('/v1') ? route : `/v1/subscriptions/${body.id}${route}`;
    const good = route === '/v1/subscriptions' ? subscribeBody('nobody') : {};
    for (const key of ['', ' ', 'a b', 'x'.repeat(256), 'clé']) {
      expect(await post(path, good, key)).toMatchObject({ status: 400, body: { code: 'idempotency_key_missing' } });
    }
    const token = await service.api.token('storefront');
    const bare = await fetch(service.api.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(good),
    });
    expect(bare.status).toBe(400);
    expect(await bare.json()).toMatchObject({ code: 'idempotency_key_missing' });
  }
});

it('replays a success with its status and body, also after the thing has changed', async () => {
  const user = await newcomer();
  const key = 'k'.repeat(255);
  const first = await subscribe(user, key);
  expect(first.status).toBe(201);
  await expectReplay(subscribe(user, key), first);
  const cancelKey = randomUUID();
  const canceled = await post(`/v1/subscriptions/${first.body.id}/cancellation`, {}, cancelKey);
  expect(canceled.status).toBe(200);
  await expectReplay(post(`/v1/subscriptions/${first.body.id}/cancellation`, {}, cancelKey), canceled);
  await expectReplay(subscribe(user, key), first);
  expect(await captures(first.body.id)).toBe(1);
});

it('replays refusals: 402, 403, 404, 409 and 422 by a rule', async () => {
  const user = await newcomer();
  const declined = await subscribe(user, 'declined', { paymentMethod: 'pm_card_chargeDeclined' });
  expect(declined).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
  await expectReplay(subscribe(user, 'declined', { paymentMethod: 'pm_card_chargeDeclined' }), declined);

  const { body } = await subscribe(user, 'accepted');
  const second = await subscribe(user, 'second');
  expect(second).toMatchObject({ status: 409, body: { code: 'already_subscribed' } });
  await post(`/v1/subscriptions/${body.id}/cancellation`, {}, 'cancel');
  await expectReplay(subscribe(user, 'second'), second);

  const stranger = await subscribe('stranger', 'stranger');
  expect(stranger.status).toBe(403);
  await service.api.goodStanding('stranger');
  await expectReplay(subscribe('stranger', 'stranger'), stranger);

  const missing = await post(`/v1/subscriptions/${randomUUID()}/cancellation`, {}, 'missing');
  expect(missing.status).toBe(404);
  const closed = await subscribe(user, 'closed', { country: 'AQ' });
  expect(closed).toMatchObject({ status: 422, body: { code: 'market_not_open' } });
  await expectReplay(subscribe(user, 'closed', { country: 'AQ' }), closed);
});

it('does not count what never reached a rule: a body that breaks the schema leaves the key free', async () => {
  const user = await newcomer();
  expect((await subscribe(user, 'mistyped', { country: 'Spain' })).status).toBe(422);
  expect((await subscribe(user, 'mistyped')).status).toBe(201);
});

it('refuses the same key with another body or path', async () => {
  const user = await newcomer();
  const { body } = await subscribe(user, 'reused');
  const reused = { status: 422, body: { code: 'idempotency_key_reused' } };
  expect(await subscribe(user, 'reused', { locale: 'es-ES' })).toMatchObject(reused);
  expect(await subscribe('another', 'reused')).toMatchObject(reused);
  expect(await post(`/v1/subscriptions/${body.id}/cancellation`, {}, 'reused')).toMatchObject(reused);
});

it('takes the same fields in another order for the same body', async () => {
  const user = await newcomer();
  const first = await subscribe(user, 'ordered');
  const turned = Object.fromEntries(Object.entries(subscribeBody(user)).reverse());
  await expectReplay(post('/v1/subscriptions', turned, 'ordered'), first);
});

it('keeps the keys of one caller apart from those of another', async () => {
  const [one, two] = [await newcomer(), await newcomer()];
  const first = await subscribe(one, 'shared', {}, 'storefront-a');
  const other = await subscribe(two, 'shared', {}, 'storefront-b');
  expect([first.status, other.status]).toEqual([201, 201]);
  expect(other.body.id).not.toBe(first.body.id);
  await expectReplay(subscribe(two, 'shared', {}, 'storefront-b'), other);
});

it('makes one subscription and one capture of 20 equal requests at once', async () => {
  const user = await newcomer();
  const answers = await Promise.all(Array.from({ length: 20 }, () => subscribe(user, 'at-once')));
  const made = answers.filter(({ status }) => status === 201);
  expect(made.length).toBeGreaterThan(0);
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  for (const waiting of answers.filter(({ status }) => status !== 201)) {
    expect(waiting).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
    expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(made.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  expect(await captures(made[0]!.body.id)).toBe(1);
  const { rows } = await service.database.query('select id from subscriptions where user_id = $1', [user]);
  expect(rows).toEqual([{ id: made[0]!.body.id }]);
});

it('gives a holder that died after its commit the same subscription again', async () => {
  const user = await newcomer();
  const first = await subscribe(user, 'died-after');
  await letHolderDie(true);
  const again = await subscribe(user, 'died-after');
  expect(again.headers.get('idempotency-replayed')).toBeNull();
  expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
  await expectReplay(subscribe(user, 'died-after'), again);
  expect(await captures(first.body.id)).toBe(1);
});

it('lets a key whose holder died before its commit act, once', async () => {
  const user = await newcomer();
  // The first sees its key and no more: the table it writes to refuses it, as if its process had gone.
  await service.database.query('alter table subscriptions add constraint gone check (false) not valid');
  expect((await subscribe(user, 'died-before')).status).toBe(500);
  await service.database.query('alter table subscriptions drop constraint gone');
  await letHolderDie(false);
  const answers = await Promise.all([1, 2, 3].map(() => subscribe(user, 'died-before')));
  const made = answers.filter(({ status }) => status === 201);
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  for (const { status } of answers) expect([201, 409]).toContain(status);
  expect(await captures(made[0]!.body.id)).toBe(1);
});

it('never lets a holder that was only slow overwrite the result of the one that took over', async () => {
  const user = await newcomer();
  const gate = new pg.Client({ connectionString: service.config.DATABASE_URL });
  await gate.connect();
  await gate.query('begin; lock table subscriptions in exclusive mode');
  const slow = subscribe(user, 'slow');
  await waiting(gate, 1);
  await letHolderDie(false);
  const next = subscribe(user, 'slow');
  await waiting(gate, 2);
  await gate.query('commit');
  await gate.end();
  const answers = await Promise.all([slow, next]);
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'idempotency_in_progress')).toHaveLength(1);
  await expectReplay(subscribe(user, 'slow'), made[0]!);
});

/** Until so many statements wait for the gate. */
async function waiting(gate: pg.Client, count: number): Promise<void> {
  const query = `select count(*)::int as waiting from pg_locks where not granted and relation = 'subscriptions'::regclass`;
  for (let found = 0; found < count;) {
    found = (await gate.query<{ waiting: number }>(query)).rows[0]!.waiting;
  }
}

it('keeps keys for two days and then removes them a few at a time, but none that is held', async () => {
  const ages = { young: '47 hours', old: '49 hours', held: '50 hours' };
  for (const [caller, age] of Object.entries(ages)) {
    await service.database.query(
      `insert into idempotency_keys (caller, key, fingerprint, status, body, locked_until, created_at)
       select $1, n::text, 'f', 200, '{}', case when $1 = 'held' then clock_timestamp() + interval '1 minute' end,
         clock_timestamp() - $2::interval from generate_series(1, 25) n`,
      [caller, age],
    );
  }
  const left = async (): Promise<Record<string, number>> => {
    const { rows } = await service.database.query<{ caller: string; count: number }>(
      'select caller, count(*)::int as count from idempotency_keys where caller = any ($1) group by caller',
      [Object.keys(ages)],
    );
    return Object.fromEntries(rows.map(({ caller, count }) => [caller, count]));
  };
  await subscribe('nobody', randomUUID());
  expect(await left()).toEqual({ young: 25, held: 25, old: 15 });
  await subscribe('nobody', randomUUID());
  await subscribe('nobody', randomUUID());
  expect(await left()).toEqual({ young: 25, held: 25 });
});
