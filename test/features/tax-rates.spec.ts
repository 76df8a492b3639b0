/**
 * Tax rates over HTTP: what is shipped, what finance publishes, what is refused; and from which instant on captures are
 * split by the next one.
 */
import type { Answer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

const FINANCE = { scope: 'finance' } as const;
const START = '2026-03-01T10:00:00.000Z';

interface Rate {
  country: string;
  basisPoints: number;
  effectiveFrom: string;
  source: string;
  publishedAt: string;
  publishedBy: string;
  code?: string;
  errors?: { path: string; message: string }[];
}

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: START });
});
afterAll(() => service.stop());

function publish(country: string, basisPoints: number, effectiveFrom: string): Promise<Answer<Rate>> {
  const body = { basisPoints, effectiveFrom, source: 'the budget act' };
  return service.api.call('POST', `/v1/markets/${country}/tax-rates`, body, FINANCE);
}

function list(country: string): Promise<Answer<{ data: Rate[]; nextCursor: string | null }>> {
  return service.api.call('GET', `/v1/markets/${country}/tax-rates`, undefined, FINANCE);
}

/** Tax payable of a subscription's capture by the ledger, in minor units. */
async function taxOf(subscriptionId: string): Promise<number> {
  const { body } = await service.api.call<{ data: { account: string; credit: number }[] }>(
    'GET',
    `/v1/ledger/entries?subscriptionId=${subscriptionId}`,
    undefined,
    FINANCE,
  );
  return body.data.find(({ account }) => account === 'tax_payable')?.credit ?? 0;
}

it.each([
  ['ES', 2100],
  ['DE', 1900],
  ['JP', 1000],
  ['KW', 0],
  ['US', 0],
])('ships the rate of %s: %i basis points, with its source', async (country, basisPoints) => {
  expect(await list(country)).toMatchObject({
    status: 200,
    body: {
      data: [{ country, basisPoints, source: expect.stringMatching(/\w+/), publishedBy: 'shipped' }],
      nextCursor: null,
    },
  });
});

it('publishes the next one and lists the latest to take effect first', async () => {
  const later = await publish('PL', 2400, '2026-06-01T00:00:00.000Z');
  expect(later.status).toBe(201);
  expect(later.body).toEqual({
    country: 'PL',
    basisPoints: 2400,
    effectiveFrom: '2026-06-01T00:00:00.000Z',
    source: 'the budget act',
    publishedAt: START,
    publishedBy: 'tester',
  });
  expect((await publish('PL', 800, '2026-05-01T00:00:00.000Z')).status).toBe(201);
  const { body } = await list('PL');
  expect(body.data.map(({ basisPoints }) => basisPoints)).toEqual([2400, 800, 2300]);
  expect(body.data[0]).toEqual(later.body);
});

it('takes effect at once at the earliest, and one instant has one rate', async () => {
  const past = await publish('FR', 1900, '2026-03-01T09:59:59.999Z');
  expect(past).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ path: 'effectiveFrom' }] } });
  expect((await publish('FR', 1900, START)).status).toBe(201);
  for (const basisPoints of [1900, 1800]) {
    const again = await publish('FR', basisPoints, START);
    expect(again).toMatchObject({ status: 422, body: { errors: [{ path: 'effectiveFrom' }] } });
  }
  expect((await list('FR')).body.data.map(({ basisPoints }) => basisPoints)).toEqual([1900, 2000]);
});

it('lets one of many publishers have an instant', async () => {
  const answers = await Promise.all(
    [100, 200, 300, 400, 500].map((rate) => publish('BR', rate, '2026-07-01T00:00:00Z')),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422, 422]);
  expect((await list('BR')).body.data).toHaveLength(2);
});

it('knows no market that is not there', async () => {
  expect(await list('PT')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await publish('PT', 2300, '2026-07-01T00:00:00Z')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect((await list('pt')).status).toBe(422);
});

it.each([-1, 10_001, 20.5, '2100', null])('refuses %j basis points', async (basisPoints) => {
  const refused = await publish('GB', basisPoints as number, '2026-07-01T00:00:00Z');
  expect(refused.status).toBe(422);
  expect(new Set(refused.body.errors?.map(({ path }) => path))).toEqual(new Set(['basisPoints']));
});

it('splits captures by it from its first millisecond on, and not before', async () => {
  const { api } = service;
  await publish('ES', 2200, '2026-04-01T00:00:00.000Z');
  await api.clockTo('2026-03-31T23:59:59.999Z');
  const before = (await api.subscribe('before')).body;
  await api.clockTo('2026-04-01T00:00:00.000Z');
  const after = (await api.subscribe('after')).body;
  // 4999 × 10000 / 12100 = 4131.4 → 4131 net; 4999 × 10000 / 12200 = 4097.5 → 4098 net
  expect([await taxOf(before.id), await taxOf(after.id)]).toEqual([868, 901]);
});

it('takes no tax where no rate is published', async () => {
  const { api } = service;
  const { body: spain } = await api.call<{ rulePacks: { numbers: object; benefits: object }[] }>(
    'GET',
    '/v1/markets/ES',
    undefined,
    { scope: 'operations' },
  );
  const { numbers, benefits } = spain.rulePacks[0]!;
  const effectiveFrom = '2026-04-01T00:00:00.000Z';
  const opened = await api.call(
    'POST',
    '/v1/markets',
    {
      country: 'NL',
      currency: 'EUR',
      rulePacks: [{ effectiveFrom, numbers, benefits }],
      prices: [{ amount: 2999, currency: 'EUR', effectiveFrom }],
    },
    { scope: 'operations' },
  );
  expect(opened.status).toBe(201);
  expect((await list('NL')).body.data).toEqual([]);
  const { id } = (await api.subscribe('dutch', { country: 'NL' })).body;
  expect(await taxOf(id)).toBe(0);
});
