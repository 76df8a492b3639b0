/**
 * What operations publishes over HTTP: markets, rule packs, prices, agreements, trial offers; when each takes effect,
 * who published it, and that nothing published later changes a running term.
 */
import { readFileSync } from 'node:fs';
import type { Answer, CallOptions } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

const OPERATIONS: CallOptions = { scope: 'operations' };
const DAY_MS = 86_400_000;
const TABLES = ['markets', 'rule_packs', 'prices', 'agreements', 'trial_offers', 'trial_offer_users'];

interface Sourced {
  value: unknown;
  source?: string;
}

interface Pack {
  version?: number;
  effectiveFrom: string;
  numbers: Record<string, Sourced>;
  benefits: unknown;
}

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterAll(() => service.stop());

const post = <T = any>(path: string, body: unknown): Promise<Answer<T>> =>
  service.api.call('POST', path, body, OPERATIONS);
const get = <T = any>(path: string): Promise<Answer<T>> => service.api.call('GET', path, undefined, OPERATIONS);

/** The shipped pack of a market with some numbers changed. */
function pack(effectiveFrom: string, change: Record<string, unknown> = {}, country = 'ES'): Pack {
  const { rulePacks } = JSON.parse(readFileSync(`markets/${country}.json`, 'utf8')) as { rulePacks: Pack[] };
  const { numbers, benefits } = rulePacks[0]!;
  const changed = Object.entries(change).map(([name, value]) => [name, { value, source: 'a test' }]);
  return { effectiveFrom, numbers: { ...numbers, ...(Object.fromEntries(changed) as object) }, benefits };
}

async function rows(): Promise<Record<string, unknown>> {
  const counts = await Promise.all(
    TABLES.map(async (table) => {
      const { rows: found } = await service.database.query(
        `select md5(string_agg(t::text, '|' order by t::text)) from ${table} t`,
      );
      return [table, found[0]];
    }),
  );
  return Object.fromEntries(counts);
}

async function now(): Promise<number> {
  const { body } = await service.api.call<{ now: string }>('GET', '/test/clock');
  return Date.parse(body.now);
}

const iso = (ms: number): string => new Date(ms).toISOString();

it('opens a market, shows it, and sells membership in it from the instant its price and rules are in force', async () => {
  const at = await now();
  const price = { amount: 2999, currency: 'EUR', effectiveFrom: iso(at + 1000) };
  const opened = await post('/v1/markets', {
    country: 'NL',
    currency: 'EUR',
    rulePacks: [pack(iso(at))],
    prices: [price],
  });
  expect(opened.status).toBe(201);
  expect(opened.body).toMatchObject({
    country: 'NL',
    currency: 'EUR',
    status: 'open',
    publishedBy: 'tester',
    price: null,
    rulePack: {
      version: 1,
      publishedBy: 'tester',
      numbers: { trialDays: { value: 30, source: 'VIP agreement 3.2.1' } },
    },
    prices: [{ amount: 2999, effectiveFrom: price.effectiveFrom, publishedAt: iso(at), publishedBy: 'tester' }],
  });
  await service.api.clockTo(iso(at + 999));
  expect((await service.api.subscribe('nl-early', { country: 'NL' })).body.code).toBe('market_not_open');
  await service.api.clockTo(iso(at + 1000));
  const { status, body } = await service.api.subscribe('nl', { country: 'NL' });
  expect(status).toBe(201);
  expect(body.currentTerm?.price).toEqual({ amount: 2999, currency: 'EUR' });
  expect((await get('/v1/markets/NL')).body.price.amount).toBe(2999);
  expect((await post('/v1/markets', { country: 'NL', currency: 'EUR' })).body.code).toBe('already_published');
});

it.each([
  ['a currency that it does not carry', { country: 'IR', currency: 'IRR' }, 10_000],
  ['an amount between its steps', { country: 'TN', currency: 'TND' }, 12_345],
])('refuses a price that the payment channel cannot charge: %s', async (_what, market, amount) => {
  const price = { amount, currency: market.currency, effectiveFrom: iso((await now()) + 1000) };
  expect((await post('/v1/markets', { ...market, prices: [price] })).status).toBe(422);
  expect((await post('/v1/markets', market)).status).toBe(201);
  const refused = await post(`/v1/markets/${market.country}/prices`, price);
  expect(refused).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ path: 'amount' }] } });
  expect(refused.body.errors[0].message).toContain('the payment gateway');
});

it('takes null for what may be left out', async () => {
  const bare = { country: 'BE', currency: 'EUR', status: null, rulePacks: null, prices: null };
  expect((await post('/v1/markets', bare)).body).toMatchObject({ status: 'open', prices: [], rulePacks: [] });
  const window = { from: '2098-01-01T00:00:00.000Z', until: '2099-01-01T00:00:00.000Z' };
  const offered = await post('/v1/trial-offers', { country: 'BE', days: 7, userIds: null, ...window });
  expect([offered.status, offered.body.userIds]).toEqual([201, null]);
  const { status } = await post('/v1/markets/BE/rule-packs', { ...pack('2099-01-01T00:00:00.000Z'), version: null });
  expect(status).toBe(201);
});

it('lists markets by country, page by page', async () => {
  const first = await get('/v1/markets?limit=2');
  expect(first.body.data.map(({ country }: { country: string }) => country)).toEqual(['BE', 'BR']);
  const second = await get(`/v1/markets?limit=2&cursor=${first.body.nextCursor}`);
  expect(second.body.data.map(({ country }: { country: string }) => country)).toEqual(['DE', 'ES']);
  const all = await get('/v1/markets');
  expect(all.body.nextCursor).toBeNull();
  expect(all.body.data.find(({ country }: { country: string }) => country === 'ES')).toMatchObject({
    publishedBy: 'shipped',
    price: { amount: 4999, source: "this product's default" },
    rulePack: { version: 1 },
  });
  expect((await get('/v1/markets/PT')).status).toBe(404);
});

it('takes a price from the very end of its notice on, and not a millisecond before (3.1.3)', async () => {
  const first = (await now()) + 30 * DAY_MS;
  const early = await post('/v1/markets/PL/prices', { amount: 9900, currency: 'PLN', effectiveFrom: iso(first - 1) });
  expect(early.status).toBe(422);
  expect(early.body).toMatchObject({ code: 'notice_too_short', clause: '3.1.3' });
  expect(early.body.detail).toContain(iso(first));
  const taken = await post('/v1/markets/PL/prices', { amount: 9900, currency: 'PLN', effectiveFrom: iso(first) });
  expect(taken.status).toBe(201);
  expect(taken.body).toMatchObject({ amount: 9900, currency: 'PLN', effectiveFrom: iso(first), publishedBy: 'tester' });
  const again = await post('/v1/markets/PL/prices', { amount: 9800, currency: 'PLN', effectiveFrom: iso(first) });
  expect(again.body.errors).toMatchObject([{ path: 'effectiveFrom' }]);
  const listed = await get('/v1/markets/PL/prices');
  expect(listed.body.data.map(({ amount }: { amount: number }) => amount)[0]).toBe(9900);
  expect(listed.body.data).toHaveLength(2);
});

it('lets one of many publishers have an instant', async () => {
  const at = (await now()) + 40 * DAY_MS;
  const body = { amount: 111, currency: 'JPY', effectiveFrom: iso(at) };
  const answers = await Promise.all([1, 2, 3, 4].map(() => post('/v1/markets/JP/prices', body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422]);
  const packs = await Promise.all([1, 2, 3].map((n) => post('/v1/markets/JP/rule-packs', pack(iso(at + n), {}, 'JP'))));
  expect(packs.map(({ body: { version } }) => version).sort()).toEqual([2, 3, 4]);
});

it('keeps the rules and the price of a running term, and counts new ones for terms that start later', async () => {
  const { body: member } = await service.api.subscribe('keeps');
  const start = Date.parse(member.currentTerm!.startsAt);
  await post('/v1/markets/ES/prices', { amount: 5999, currency: 'EUR', effectiveFrom: iso(start + 30 * DAY_MS) });
  const rules = { cancellationPeriodDays: 3, benefitDeduction: 'none', startedDay: 'used', priceNoticeDays: 60 };
  const published = await post('/v1/markets/ES/rule-packs', pack(iso(start + 5 * DAY_MS), rules));
  expect(published.body).toMatchObject({
    version: 2,
    numbers: { cancellationPeriodDays: { value: 3, source: 'a test' } },
  });

  await service.api.clockTo(iso(start + 5 * DAY_MS - 1));
  const { body: before } = await service.api.subscribe('a-moment-before');
  await service.api.clockTo(iso(start + 5 * DAY_MS));
  const { body: after } = await service.api.subscribe('at-the-instant');
  await service.api.clockTo(iso(start + 10 * DAY_MS));
  // 14 days for those who began under the first pack, 3 for the one who began under the second.
  expect((await service.api.quote(member.id)).body).toMatchObject({
    basis: 'full_less_benefits',
    refund: { amount: 4999 },
  });
  expect((await service.api.quote(before.id)).body).toMatchObject({ basis: 'full_less_benefits' });
  // 5 days used of 365, floor: 4999 × 360 / 365 = 4930.52 → 4931
  expect((await service.api.quote(after.id)).body).toMatchObject({ basis: 'pro_rata', refund: { amount: 4931 } });
  const late = await post('/v1/markets/ES/prices', {
    amount: 1,
    currency: 'EUR',
    effectiveFrom: iso(start + 69 * DAY_MS),
  });
  expect(late.body.code).toBe('notice_too_short');

  await service.api.clockTo(iso(start + 30 * DAY_MS - 1));
  expect((await service.api.call('GET', '/v1/offers?country=ES')).body.price).toEqual({
    amount: 4999,
    currency: 'EUR',
  });
  await service.api.clockTo(iso(start + 30 * DAY_MS));
  expect((await service.api.call('GET', '/v1/offers?country=ES')).body.price).toEqual({
    amount: 5999,
    currency: 'EUR',
  });
  expect((await service.api.subscription(member.id)).currentTerm?.price?.amount).toBe(4999);
  await service.api.clockTo(iso(start + 365 * DAY_MS));
  const renewed = await service.api.subscription(member.id);
  expect(renewed.currentTerm).toMatchObject({ number: 2, price: { amount: 5999, currency: 'EUR' } });
});

it('asks for the new agreement from its instant on, and for the old one until then', async () => {
  const at = (await now()) + DAY_MS;
  const text = 'A new agreement.';
  const published = await post('/v1/agreements', { version: '2027-01', text, effectiveAt: iso(at) });
  expect(published.status).toBe(201);
  expect(published.body).toEqual({
    version: '2027-01',
    text,
    effectiveAt: iso(at),
    publishedAt: iso(at - DAY_MS),
    publishedBy: 'tester',
  });
  const changed = await post('/v1/agreements', { version: '2027-01', text: 'other', effectiveAt: iso(at + 1) });
  expect([changed.status, changed.body.code]).toEqual([409, 'already_published']);
  const taken = await post('/v1/agreements', { version: '2027-02', text, effectiveAt: iso(at) });
  expect(taken.body.errors).toMatchObject([{ path: 'effectiveAt' }]);

  await service.api.clockTo(iso(at - 1));
  const early = await service.api.subscribe('early', { agreementVersion: '2027-01' });
  expect([early.status, early.body.code]).toEqual([409, 'agreement_outdated']);
  const { body: kept } = await service.api.subscribe('old', {});
  await service.api.clockTo(iso(at));
  const outdated = await service.api.subscribe('late');
  expect([outdated.status, outdated.body.code]).toEqual([409, 'agreement_outdated']);
  expect((outdated.body as { detail?: string }).detail).toContain('2027-01');
  expect((await service.api.subscribe('new', { agreementVersion: '2027-01' })).status).toBe(201);
  expect((await service.api.subscription(kept.id)) as object).toMatchObject({ agreementVersion: '2023-11-01' });
  const listed = await get('/v1/agreements?limit=1');
  expect(listed.body.data).toMatchObject([{ version: '2027-01' }]);
  const rest = await get(`/v1/agreements?limit=1&cursor=${listed.body.nextCursor}`);
  expect(rest.body).toMatchObject({ data: [{ version: '2023-11-01', publishedBy: 'shipped' }], nextCursor: null });
});

it('gives sign-ups in its window the trial that was offered to them (8.2)', async () => {
  const at = await now();
  const window = { from: iso(at + 1000), until: iso(at + 2000) };
  const everybody = await post('/v1/trial-offers', { country: 'FR', days: 60, ...window });
  expect(everybody.body).toMatchObject({ userIds: null, days: 60, publishedBy: 'tester', ...window });
  await post('/v1/trial-offers', { country: 'FR', days: 90, userIds: ['fr-named', 'other'], ...window });
  const agreementVersion = '2027-01';
  const days = async (user: string): Promise<unknown> =>
    ((await service.api.call<any>('GET', `/v1/offers?country=FR&userId=${user}`)).body.trial as { days: number }).days;
  const trial = async (user: string): Promise<number> => {
    const change = { country: 'FR', startWith: 'trial', agreementVersion };
    const { body } = await service.api.subscribe(user, change);
    const { startsAt, endsAt } = body.currentTerm!;
    return (Date.parse(endsAt) - Date.parse(startsAt)) / DAY_MS;
  };
  await service.api.clockTo(iso(at + 999));
  expect([await days('fr-named'), await trial('fr-before')]).toEqual([30, 30]);
  await service.api.clockTo(iso(at + 1000));
  expect([await days('fr-named'), await trial('fr-named')]).toEqual([90, 90]);
  await service.api.clockTo(iso(at + 1999));
  expect([await days('fr-any'), await trial('fr-any')]).toEqual([60, 60]);
  await service.api.clockTo(iso(at + 2000));
  expect([await days('other'), await trial('other')]).toEqual([30, 30]);
  const listed = await get('/v1/trial-offers?country=FR');
  expect(listed.body.data.map(({ userIds }: { userIds: unknown }) => userIds)).toEqual([['fr-named', 'other'], null]);
});

it('takes an agreement as long as the real one', async () => {
  const effectiveAt = iso((await now()) + 400 * DAY_MS);
  const text = 'A clause of the agreement. '.repeat(4000);
  const { status, body } = await post('/v1/agreements', { version: 'long', text, effectiveAt });
  expect([status, body.text]).toEqual([201, text]);
  const tooLong = await post('/v1/agreements', { version: 'longer', text: 'x'.repeat(200_001), effectiveAt });
  expect(tooLong.status).toBe(422);
  expect((await post('/v1/trial-offers', { country: 'x'.repeat(10_001) })).status).toBe(422);
});

describe('bad input is refused with 422 and changes nothing', () => {
  const late = '2099-01-01T00:00:00.000Z';
  const past = '2026-03-01T09:59:59.999Z';
  const price = { amount: 100, currency: 'EUR', effectiveFrom: late };
  const offer = { country: 'ES', days: 7, from: late, until: '2099-02-01T00:00:00.000Z' };
  const without = (name: string): Pack => {
    const { [name]: _, ...numbers } = pack(late).numbers;
    return { ...pack(late), numbers };
  };
  const cases: [what: string, path: string, body: unknown, code?: string][] = [
    ['a negative number', '/v1/markets/DE/rule-packs', pack(late, { renewalGraceDays: -1 })],
    ['a fraction', '/v1/markets/DE/rule-packs', pack(late, { cancellationPeriodDays: 1.5 })],
    ['a number in quotes', '/v1/markets/DE/rule-packs', pack(late, { trialDays: '30' })],
    ['no days of trial', '/v1/markets/DE/rule-packs', pack(late, { trialDays: 0 })],
    ['another length of term', '/v1/markets/DE/rule-packs', pack(late, { paidTermDays: 366 })],
    ['an unknown rule', '/v1/markets/DE/rule-packs', pack(late, { coolingOff: 'never' })],
    ['a zone in a list', '/v1/markets/DE/rule-packs', pack(late, { timeZone: ['Europe/Berlin'] })],
    ['no such zone', '/v1/markets/DE/rule-packs', pack(late, { timeZone: 'Europe/Atlantis' })],
    ['an unknown number', '/v1/markets/DE/rule-packs', pack(late, { luck: 7 })],
    ['a missing number', '/v1/markets/DE/rule-packs', without('trialDays')],
    [
      'a list for a number',
      '/v1/markets/DE/rule-packs',
      { ...pack(late), numbers: { ...pack(late).numbers, trialDays: [] } },
    ],
    ['a list for the numbers', '/v1/markets/DE/rule-packs', { ...pack(late), numbers: [] }],
    [
      'no source',
      '/v1/markets/DE/rule-packs',
      { ...pack(late), numbers: { ...pack(late).numbers, trialDays: { value: 9 } } },
    ],
    ['a pack of the past', '/v1/markets/DE/rule-packs', pack(past)],
    ['a pack at a taken instant', '/v1/markets/DE/rule-packs', pack('2023-11-01T00:00:00.000Z')],
    ['an old version', '/v1/markets/DE/rule-packs', { ...pack(late), version: 1 }],
    ['a skipped version', '/v1/markets/DE/rule-packs', { ...pack(late), version: 3 }],
    [
      'one benefit for a list',
      '/v1/markets/DE/rule-packs',
      { ...pack(late), benefits: { code: 'a', kind: 'coupon', description: 'a' } },
    ],
    [
      'a benefit twice',
      '/v1/markets/DE/rule-packs',
      { ...pack(late), benefits: [1, 2].map(() => ({ code: 'a', kind: 'coupon', description: 'a' })) },
    ],
    ['a date for an instant', '/v1/markets/DE/rule-packs', pack('2099-01-01')],
    ['a day that is none', '/v1/markets/DE/rule-packs', pack('2099-02-30T00:00:00.000Z')],
    ['an instant elsewhere', '/v1/markets/DE/prices', { ...price, effectiveFrom: '2099-01-01T00:00:00.000+01:00' }],
    ['another currency', '/v1/markets/DE/prices', { ...price, currency: 'USD' }],
    ['nothing to pay', '/v1/markets/DE/prices', { ...price, amount: 0 }],
    ['a fraction of a cent', '/v1/markets/DE/prices', { ...price, amount: 1.5 }],
    ['more than can be counted', '/v1/markets/DE/prices', { ...price, amount: 2 ** 60 }],
    ['a price of the past', '/v1/markets/DE/prices', { ...price, effectiveFrom: past }, 'notice_too_short'],
    [
      'a price without notice',
      '/v1/markets/DE/prices',
      { ...price, effectiveFrom: '2027-04-01T00:00:00.000Z' },
      'notice_too_short',
    ],
    ['an unknown field', '/v1/markets/DE/prices', { ...price, discount: 1 }],
    ['no currency', '/v1/markets', { country: 'PT', currency: 'ABC' }],
    ['no country', '/v1/markets', { country: 'XX', currency: 'EUR' }],
    ['a market with a bad price', '/v1/markets', { country: 'PT', currency: 'EUR', prices: [price, price] }],
    ['a market with a list in a list', '/v1/markets', { country: 'PT', currency: 'EUR', prices: [[]] }],
    ['an agreement of the past', '/v1/agreements', { version: 'v', text: 't', effectiveAt: past }],
    ['an agreement without text', '/v1/agreements', { version: 'v', text: '', effectiveAt: late }],
    ['an agreement without name', '/v1/agreements', { version: '', text: 't', effectiveAt: late }],
    ['an offer of the past', '/v1/trial-offers', { ...offer, from: past }],
    ['an offer that ends first', '/v1/trial-offers', { ...offer, until: late }],
    ['an offer for nobody', '/v1/trial-offers', { ...offer, userIds: [] }],
    ['an offer twice for one', '/v1/trial-offers', { ...offer, userIds: ['a', 'a'] }],
    ['an offer of no days', '/v1/trial-offers', { ...offer, days: 0 }],
    ['an offer where nothing is sold', '/v1/trial-offers', { ...offer, country: 'PT' }, 'market_not_open'],
  ];

  it.each(cases)('%s', async (_, path, body, code = 'validation_failed') => {
    const before = await rows();
    const answer = await post(path, body);
    expect([answer.status, answer.body.code]).toEqual([422, code]);
    expect(await rows()).toEqual(before);
  });

  it('a market that is not there is 404', async () => {
    expect((await post('/v1/markets/PT/prices', price)).status).toBe(404);
    expect((await post('/v1/markets/PT/rule-packs', pack(late))).status).toBe(404);
    expect((await get('/v1/markets/PT/prices')).status).toBe(404);
  });
});
