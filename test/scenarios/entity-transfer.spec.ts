/**
 * One company hands its members over to another (VIP 1.1, 8.3): at the instant every live subscription it concerns moves,
 * once, and nothing else of it changes; later sign-ups contract with the new one.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Answer, SubscriptionAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

const SINGAPORE = 'Alibaba.com Singapore E-Commerce Private Limited';
const RULE = 'VIP 1.1, 8.3';
const OPERATIONS = { scope: 'operations' } as const;

interface Transfer {
  id: string;
  status: string;
  counts: { concerned: number | null; moved: number };
  doneAt: string | null;
  code?: string;
  errors?: { path: string }[];
}

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

const order = (body: Record<string, unknown>): Promise<Answer<Transfer>> =>
  service.api.call('POST', '/v1/entity-transfers', body, OPERATIONS);

async function transferOf(id: string): Promise<Transfer> {
  return (await service.api.call<Transfer>('GET', `/v1/entity-transfers/${id}`, undefined, OPERATIONS)).body;
}

const names = ({ contractingEntities }: SubscriptionAnswer): string[] => contractingEntities.map(({ name }) => name);

it('moves every live subscription of the country of residence at the instant, and nothing of it but the company', async () => {
  const { api } = service;
  const paid = (await api.subscribe('paid')).body;
  const trial = (await api.subscribe('trial', { startWith: 'trial' })).body;
  const french = (await api.subscribe('french', { residenceCountry: 'FR' })).body;
  const korean = (await api.subscribe('korean', { residenceCountry: 'KR' })).body;
  const ended = (await api.subscribe('ended')).body;
  await api.cancel(ended.id);
  const before = await Promise.all([paid, trial].map(({ id }) => api.subscription(id)));
  const quoted = (await api.quote(paid.id)).body;

  const ordered = await order({
    from: SINGAPORE,
    to: 'New Co.',
    country: 'ES',
    effectiveAt: '2026-03-05T10:00:00.000Z',
  });
  expect(ordered.status).toBe(201);
  expect(ordered.body).toMatchObject({
    from: SINGAPORE,
    to: 'New Co.',
    country: 'ES',
    status: 'ordered',
    counts: { concerned: null, moved: 0 },
    orderedBy: 'tester',
  });
  await api.clockTo('2026-03-05T09:59:59.999Z');
  expect(names(await api.subscription(paid.id))).toEqual([SINGAPORE]);
  const justBefore = (await api.subscribe('just-before')).body;
  expect(names(justBefore)).toEqual([SINGAPORE]);

  const ran = await api.clockTo('2026-03-05T10:00:00.000Z');
  expect(ran).toMatchObject({ transfer_entity: 1 });
  const after = await Promise.all([paid, trial].map(({ id }) => api.subscription(id)));
  expect(after).toEqual(before.map((one) => ({ ...one, contractingEntities: [{ name: 'New Co.', rule: RULE }] })));
  expect(names(await api.subscription(justBefore.id))).toEqual(['New Co.']);
  expect(names(await api.subscription(french.id))).toEqual([SINGAPORE]);
  expect(names(await api.subscription(korean.id))).toHaveLength(2);
  expect(names(await api.subscription(ended.id))).toEqual([SINGAPORE]);
  expect((await api.quote(paid.id)).body.refund).toEqual(quoted.refund);
  expect((await api.events(paid.id)).filter((event) => event === 'subscription.entity_transferred')).toHaveLength(1);
  expect(await transferOf(ordered.body.id)).toMatchObject({
    status: 'done',
    counts: { concerned: 3, moved: 3 },
    doneAt: '2026-03-05T10:00:00.000Z',
  });

  const fresh = (await api.subscribe('fresh')).body;
  expect(fresh.contractingEntities).toEqual([{ name: 'New Co.', rule: RULE }]);
  expect(names((await api.subscribe('fresh-french', { residenceCountry: 'FR' })).body)).toEqual([SINGAPORE]);
});

it('moves everywhere without a country, one transfer after the other at one instant, also what is overdue or pending', async () => {
  const { api, sandbox } = service;
  const korean = (await api.subscribe('kr', { residenceCountry: 'KR' })).body;
  const pending = (await api.subscribe('pending', { paymentMethod: 'pm_card_authenticationRequired' })).body;
  expect(pending.status).toBe('pending_payment');
  const at = '2026-03-05T12:00:00.000Z';
  const transfers = [
    await order({ from: 'AliExpress Korea Limited', to: 'Korea One', effectiveAt: at }),
    await order({ from: 'Korea One', to: 'Korea Two', effectiveAt: at }),
    await order({ from: 'New Co.', to: 'Newer Co.', effectiveAt: at }),
  ];
  expect(transfers.map(({ status }) => status)).toEqual([201, 201, 201]);
  await api.clockTo(at);
  expect((await api.subscription(korean.id)).contractingEntities).toEqual([
    { name: 'ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD.', rule: 'FMA 1.1(c)' },
    { name: 'Korea Two', rule: RULE },
  ]);
  expect(names(await api.subscription(pending.id))).toEqual(['Newer Co.']);
  for (const { body } of transfers) expect((await transferOf(body.id)).status).toBe('done');
  expect(names((await api.subscribe('kr-new', { residenceCountry: 'KR' })).body)).toContain('Korea Two');
  // The refund of a moved member goes back as ever.
  const paid = await api.subscription(korean.id);
  expect((await api.cancel(paid.id)).body.refunds).toMatchObject([{ amount: 4999, status: 'succeeded' }]);
  expect((await sandbox.movements()).length).toBeGreaterThan(0);
});

it('goes on where it stood when it was stopped, and counts nobody twice', async () => {
  const { api, database } = service;
  const members = await Promise.all(
    ['a', 'b', 'c'].map(async (user) => (await api.subscribe(user, { residenceCountry: 'GB' })).body),
  );
  const { body } = await order({
    from: SINGAPORE,
    to: 'UK Co.',
    country: 'GB',
    effectiveAt: '2026-03-07T10:00:00.000Z',
  });
  // As after a crash: begun, and the cursor past everybody although nobody has moved.
  const last = members
    .map(({ id }) => id)
    .sort()
    .at(-1);
  await database.query(
    'update entity_transfers set started_at = now(), concerned = 3, looked_through_to = $2 where id = $1',
    [body.id, last],
  );
  await api.clockTo('2026-03-07T10:00:00.000Z');
  for (const { id } of members) {
    expect(names(await api.subscription(id))).toEqual(['UK Co.']);
    expect((await api.events(id)).filter((event) => event === 'subscription.entity_transferred')).toHaveLength(1);
  }
  expect(await transferOf(body.id)).toMatchObject({ status: 'done', counts: { concerned: 3, moved: 3 } });
});

it('finds sign-ups that race with the instant', async () => {
  const { api } = service;
  const effectiveAt = '2026-03-08T10:00:00.000Z';
  await order({ from: SINGAPORE, to: 'Polish Co.', country: 'PL', effectiveAt });
  await api.clockTo('2026-03-08T09:59:59.999Z');
  const users = Array.from({ length: 8 }, (_, n) => `race-${n}`);
  const [subscribed] = await Promise.all([
    Promise.all(users.map((user) => api.subscribe(user, { residenceCountry: 'PL' }))),
    api.clockTo(effectiveAt),
  ]);
  expect(subscribed.map(({ status, body }) => [status, body.code])).toEqual(users.map(() => [201, undefined]));
  await api.clockTo('2026-03-08T10:00:01.000Z');
  const now = await Promise.all(subscribed.map(({ body }) => api.subscription(body.id)));
  expect(now.filter((one) => isDeepStrictEqual(names(one), ['Polish Co.']))).toHaveLength(8);
});

describe('refuses', () => {
  const good = { from: SINGAPORE, to: 'Some Co.', effectiveAt: '2026-12-01T00:00:00.000Z' };

  it.each([
    ['a company nobody contracts with', { from: 'Nobody Ltd.' }, 'from'],
    ['the same company', { to: SINGAPORE }, 'to'],
    ['an instant that is past', { effectiveAt: '2026-03-01T00:00:00.000Z' }, 'effectiveAt'],
    ['a date', { effectiveAt: '2026-12-01' }, 'effectiveAt'],
    ['a country that is none', { country: 'XX' }, 'country'],
    ['no name', { to: ' ' }, 'to'],
    ['a name on two lines', { to: 'a\nb' }, 'to'],
    ['a field too many', { price: 1 }, 'price'],
  ])('%s', async (_, change, path) => {
    const count = async (): Promise<unknown> =>
      (await service.database.query('select count(*) from entity_transfers')).rows;
    const before = await count();
    const { status, body } = await order({ ...good, ...change });
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([422, 'validation_failed', path]);
    expect(await count()).toEqual(before);
  });

  it('what was ordered before, and shows what is not there as 404', async () => {
    expect((await order(good)).status).toBe(201);
    const again = await order({ ...good, to: 'Other Co.' });
    expect([again.status, again.body.code]).toEqual([409, 'already_published']);
    const nowhere = await service.api.call(
      'GET',
      '/v1/entity-transfers/01932a4e-1234-7abc-8123-123456789abc',
      undefined,
      OPERATIONS,
    );
    expect(nowhere.status).toBe(404);
    const listed = await service.api.call<{ data: Transfer[] }>(
      'GET',
      '/v1/entity-transfers?limit=1',
      undefined,
      OPERATIONS,
    );
    expect(listed.body.data).toMatchObject([{ to: 'Some Co.', status: 'ordered' }]);
  });
});
