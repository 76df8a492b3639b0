/**
 * What no caller may send, on every door that takes input: always a problem that says what is wrong, never a 5xx, never
 * a stack, and nothing changed in the database.
 */
import { request } from 'node:http';
import fc from 'fast-check';
import type { Scope } from '../../src/platform/http/access.js';
import { loggablePath } from '../../src/platform/http/logging.js';
import { subscribeBody, type Answer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

const CARD = '4242424242424242';
const NOBODY = '01932a4e-1234-7abc-8123-123456789abc';
// What may be written although the request is refused.
const MAY_GROW = ['idempotency_keys', 'eligibility_decisions'];

let service: Service;
let id: string;

beforeAll(async () => {
  service = await startService();
  id = (await service.api.subscribe('member')).body.id;
  // What follows a payment is done before anything is counted.
  await service.api.clockBy('PT1S');
});
afterAll(() => service.stop());

interface Door {
  name: string;
  method: string;
  path: () => string;
  scope: Scope;
  /** What this door accepts; every field of it is required unless `optional` names it. */
  good: () => Record<string, unknown>;
  optional?: string[];
}

const DOORS: Door[] = [
  {
    name: 'subscribe',
    method: 'POST',
    path: () => '/v1/subscriptions',
    scope: 'storefront',
    good: () => ({ ...subscribeBody('newcomer'), locale: 'es-ES', conversionConsent: true }),
    optional: ['locale', 'conversionConsent'],
  },
  {
    name: 'auto-renewal',
    method: 'PUT',
    path: () => `/v1/subscriptions/${id}/auto-renewal`,
    scope: 'storefront',
    good: () => ({ enabled: false }),
  },
  {
    name: 'payment method',
    method: 'PUT',
    path: () => `/v1/subscriptions/${id}/payment-method`,
    scope: 'storefront',
    good: () => ({ paymentMethod: 'pm_card_visa', deductionAuthorized: true }),
  },
  {
    name: 'cancellation',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/cancellation`,
    scope: 'storefront',
    good: () => ({ quoteId: NOBODY, reason: 'no longer needed' }),
    optional: ['quoteId', 'reason'],
  },
  ...['cancellation-quotes', 'payment-retries', 'conversion-consent'].map((last) => ({
    name: last,
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/${last}`,
    scope: 'storefront' as const,
    good: () => ({}),
  })),
  {
    name: 'benefit use',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/benefit-uses`,
    scope: 'storefront',
    good: () => ({ benefit: 'coupon', orderId: 'order-1', value: { amount: 1, currency: 'EUR' } }),
  },
  {
    name: 'freeze',
    method: 'PUT',
    path: () => `/v1/subscriptions/${id}/benefits/coupon/freeze`,
    scope: 'risk',
    good: () => ({ frozen: true, reason: 'shared with others' }),
  },
  {
    name: 'add-on acceptance',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`,
    scope: 'storefront',
    good: () => ({ price: { amount: 990, currency: 'EUR' } }),
  },
  {
    name: 'add-on refusal',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/add-ons/gift_wrapping/refusal`,
    scope: 'storefront',
    good: () => ({ price: { amount: 990, currency: 'EUR' } }),
    optional: ['price'],
  },
  {
    name: 'standing',
    method: 'PUT',
    path: () => '/v1/users/stranger/standing',
    scope: 'risk',
    good: () => ({ standing: 'good', reason: 'known for years' }),
  },
  {
    name: 'case',
    method: 'POST',
    path: () => `/v1/cases/${NOBODY}/resolution`,
    scope: 'operations',
    good: () => ({ resolution: 'asked the bank', reason: 'it was slow' }),
    optional: ['reason'],
  },
  {
    name: 'temporary membership',
    method: 'POST',
    path: () => '/v1/users/stranger/temporary-memberships',
    scope: 'operations',
    good: () => ({ country: 'ES', days: 7, reason: 'a lost parcel', residenceCountry: 'ES' }),
    optional: ['residenceCountry'],
  },
  {
    name: 'price',
    method: 'POST',
    path: () => '/v1/markets/ES/prices',
    scope: 'operations',
    good: () => ({ amount: 5999, currency: 'EUR', effectiveFrom: '2099-01-01T00:00:00.000Z', source: 'a test' }),
    optional: ['source'],
  },
  {
    name: 'tax rate',
    method: 'POST',
    path: () => '/v1/markets/ES/tax-rates',
    scope: 'finance',
    good: () => ({ basisPoints: 2200, effectiveFrom: '2099-01-01T00:00:00.000Z', source: 'a test' }),
  },
  {
    name: 'month close',
    method: 'POST',
    path: () => '/v1/ledger/month-closes',
    scope: 'finance',
    good: () => ({ month: '2020-01' }),
  },
  {
    name: 'break',
    method: 'POST',
    path: () => `/v1/breaks/${NOBODY}/resolution`,
    scope: 'finance',
    good: () => ({ resolution: 'explained', reason: 'asked the gateway' }),
  },
  {
    name: 'trial offer',
    method: 'POST',
    path: () => '/v1/trial-offers',
    scope: 'operations',
    good: () => ({ country: 'ES', days: 7, from: '2099-01-01T00:00:00.000Z', until: '2099-02-01T00:00:00.000Z' }),
  },
  {
    name: 'entity transfer',
    method: 'POST',
    path: () => '/v1/entity-transfers',
    scope: 'operations',
    good: () => ({
      from: 'Alibaba.com Singapore E-Commerce Private Limited',
      to: 'Another Company',
      country: 'ES',
      effectiveAt: '2099-01-01T00:00:00.000Z',
    }),
    optional: ['country'],
  },
  {
    name: 'discontinuation',
    method: 'POST',
    path: () => '/v1/markets/PL/discontinuation',
    scope: 'operations',
    good: () => ({ reason: 'the service ends', effectiveAt: '2099-01-01T00:00:00.000Z' }),
  },
  {
    name: 'compensation',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/compensations`,
    scope: 'operations',
    good: () => ({ amount: 100, reason: 'an outage' }),
  },
  {
    name: 'suspension',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/suspension`,
    scope: 'risk',
    good: () => ({ reason: 'under review' }),
  },
  {
    name: 'revocation',
    method: 'POST',
    path: () => `/v1/subscriptions/${id}/revocations`,
    scope: 'risk',
    good: () => ({ reason: 'improper_use', evidence: 'case 17' }),
  },
];

function send(door: Door, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return service.api.call(door.method, door.path(), body, { scope: door.scope, headers });
}

function get(path: string): Promise<Answer> {
  return service.api.call('GET', path);
}

function expectProblem(answer: Answer, status: number, code?: string): void {
  const { headers, body } = answer;
  expect({ status: answer.status, body }).toMatchObject({ status });
  expect(headers.get('content-type')).toContain('application/problem+json');
  expect(body).toMatchObject({
    type: `urn:vip-membership:problem:${body.code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code: code ?? expect.any(String),
    instance: expect.stringMatching(/^\//),
    requestId: expect.any(String),
  });
  expect(JSON.stringify(body)).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.ts\b|\.js\b/);
}

async function rowCounts(): Promise<Record<string, number>> {
  const { rows } = await service.database.query<{ name: string; count: number }>(
    `select relname as name, (xpath('/row/c/text()', query_to_xml('select count(*) as c from ' || relname, false, true, '')))[1]::text::int as count
     from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all ($1)`,
    [MAY_GROW],
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** Every case of a table is refused, and together they changed nothing. */
async function changesNothing(act: () => Promise<void>): Promise<void> {
  const before = await rowCounts();
  const state = await service.api.subscription(id);
  await act();
  expect(await rowCounts()).toEqual(before);
  expect(await service.api.subscription(id)).toEqual(state);
}

describe.each(DOORS)('$name', (door) => {
  const json = (): string => JSON.stringify(door.good());
  const withField = (name: string, value: string): string =>
    json().replace(/^\{/, `{"${name}": ${value}${json() === '{}' ? '' : ','}`);

  it('refuses what is no JSON object, in any shape', () =>
    changesNothing(async () => {
      for (const text of [
        '{',
        '{"a":}',
        "{'a': 1}",
        '{"a": 1,}',
        '// nothing',
        `${json()} x`,
        '\ufeff\ufeff{}',
        '{"a": NaN}',
      ]) {
        expectProblem(await send(door, text), 400, 'invalid_json');
      }
      expectProblem(await send(door, '{"a": {"b": 1, "b": 2}}'), 400, 'invalid_json');
      expectProblem(await send(door, '{"a": 1, "\\u0061": 2}'), 400, 'invalid_json');
      expectProblem(await send(door, `${'['.repeat(10_000)}${']'.repeat(10_000)}`), 400, 'invalid_json');
      expectProblem(await send(door, `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`), 400, 'invalid_json');
      for (const text of ['[]', `[${json()}]`, '1', '"text"', 'true', 'null']) {
        expectProblem(await send(door, text), 422, 'validation_failed');
      }
    }));

  it('refuses another content type, too much, and what is cut off', () =>
    changesNothing(async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/xml',
        'multipart/form-data',
        'json',
      ]) {
        expectProblem(await send(door, door.good(), { 'content-type': type }), 415, 'unsupported_media_type');
      }
      expectProblem(await send(door, door.good(), { 'content-type': 'application/json; charset=klingon' }), 415);
      expectProblem(await send(door, door.good(), { 'content-encoding': 'rot13' }), 415);
      expectProblem(await send(door, door.good(), { 'content-encoding': 'gzip' }), 400);
      expectProblem(await send(door, { reason: 'x'.repeat(70_000) }), 413, 'body_too_large');
      expectProblem(await send(door, ' '.repeat(33_000)), 413, 'body_too_large');
      expect(await sendInChunks(door, 'text/plain', json())).toBe(415);
      expect(await sendInChunks(door, 'application/json', ' '.repeat(40_000))).toBe(413);
    }));

  it('refuses fields it does not have: what a client must not set, and names with a meaning of their own', () =>
    changesNothing(async () => {
      const names = ['refund', 'amount', 'price', 'status', 'effectiveAt', 'endedAt', 'id', 'now', 'surprise'];
      const special = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '', ' '];
      const own = Object.keys(door.good());
      for (const name of [...names, ...special].filter((other) => !own.includes(other))) {
        for (const value of ['1', '{"polluted": true}', 'null']) {
          expectProblem(await send(door, withField(name, value)), 422, 'validation_failed');
        }
      }
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    }));

  it('refuses text that no field may hold', () =>
    changesNothing(async () => {
      const bad = ['a\\u0000b', '\\ud800', 'x\\udc00x', 'x'.repeat(11_000), CARD, '4242 4242-4242 4242', `7 ${CARD} 9`];
      for (const name of [...Object.keys(door.good()), 'surprise']) {
        for (const value of bad) {
          const text = JSON.stringify({ ...door.good(), [name]: 'HERE' }).replace('HERE', value);
          expectProblem(await send(door, text), 422, 'validation_failed');
        }
      }
      expectProblem(await send(door, withField('number', CARD)), 422, 'validation_failed');
      expectProblem(await send(door, withField(CARD, '1')), 422, 'validation_failed');
      expectProblem(await send(door, withField('a', `{"b": [{"c": "${CARD}"}]}`)), 422, 'validation_failed');
    }));

  it('refuses wrong types and missing fields', () =>
    changesNothing(async () => {
      for (const [name, right] of Object.entries(door.good())) {
        for (const wrong of [17, -1, 1.5, true, false, 'x;y', '', [], [right], {}, { $gt: '' }, null]) {
          if (fits(door, name, wrong)) continue;
          expectProblem(await send(door, { ...door.good(), [name]: wrong }), 422, 'validation_failed');
        }
        if (door.optional?.includes(name)) continue;
        expectProblem(await send(door, { ...door.good(), [name]: undefined }), 422, 'validation_failed');
      }
      if (requiredFields(door).length > 0) expectProblem(await send(door, undefined), 422, 'validation_failed');
    }));

  it('answers another method with 405 and says which work', () =>
    changesNothing(async () => {
      for (const method of ['DELETE', 'PATCH']) {
        const answer = await service.api.call(method, door.path(), undefined, { scope: door.scope });
        expectProblem(answer, 405, 'method_not_allowed');
        expect(answer.headers.get('allow')?.split(', ')).toContain(door.method);
        expect(answer.headers.get('allow')).not.toContain(method);
      }
    }));
});

/** Strange but right for its field. */
function fits(door: Door, name: string, value: unknown): boolean {
  if (value === null) return door.optional?.includes(name) ?? false;
  if (['days', 'amount', 'basisPoints'].includes(name)) return value === 17;
  if (name === 'to' || name === 'source') return value === 'x;y';
  if (name === 'enabled' || name === 'deductionAuthorized' || name === 'conversionConsent') {
    return value === true || (name === 'enabled' && value === false);
  }
  if (name === 'frozen') return typeof value === 'boolean';
  return value === 'x;y' && ['reason', 'resolution', 'agreementVersion', 'orderId', 'evidence'].includes(name);
}

function requiredFields(door: Door): string[] {
  return Object.keys(door.good()).filter((name) => !door.optional?.includes(name));
}

/** Without a content length, as a streaming client sends. */
function sendInChunks(door: Door, type: string, text: string): Promise<number> {
  return service.api.token(door.scope).then(
    (token) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': type, 'idempotency-key': 'chunks' };
        const sent = request(service.api.url + door.path(), { method: door.method, headers }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(answer.statusCode ?? 0));
        });
        sent.on('error', reject);
        sent.write(text.slice(0, 1));
        sent.end(text.slice(1));
      }),
  );
}

describe('values that a field cannot have', () => {
  it.each([
    ['country', 'es'],
    ['country', 'XX'],
    ['country', 'ESP'],
    ['residenceCountry', 'es'],
    ['residenceCountry', 'ZZ'],
    ['startWith', 'free'],
    ['locale', 'not a locale'],
    ['locale', '12'],
    ['deductionAuthorized', false],
    ['deductionAuthorized', 'true'],
    ['deductionAuthorized', 1],
    ['conversionConsent', false],
    ['paymentMethod', 'card_visa'],
    ['paymentMethod', 'pm_card visa'],
    ['paymentMethod', `pm_${'x'.repeat(101)}`],
    ['userId', 'a b'],
    ['userId', 'x'.repeat(129)],
    ['userId', '../admin'],
    ['agreementVersion', ''],
    ['agreementVersion', 'x'.repeat(65)],
  ])('%s %j', (field, value) =>
    changesNothing(async () => {
      expectProblem(await send(DOORS[0]!, { ...subscribeBody('newcomer'), [field]: value }), 422, 'validation_failed');
    }),
  );

  it('are refused in queries and paths', () =>
    changesNothing(async () => {
      const queries = [
        'limit=0',
        'limit=101',
        'limit=-1',
        'limit=1.5',
        'limit=x',
        'limit=',
        'limit=1&limit=2',
        'cursor=x',
        'cursor=',
        'surprise=1',
      ];
      for (const query of [
        ...queries,
        'country=es',
        'status=alive',
        'userId=a%20b',
        'userId=a&userId=b',
        '__proto__=1',
        'constructor=1',
        'userId=%00',
        `userId=${CARD}`,
        'userId[$gt]=x',
      ]) {
        expectProblem(await get(`/v1/subscriptions?${query}`), 422, 'validation_failed');
      }
      for (const query of [...queries, `cursor=${CARD}`]) {
        expectProblem(await get(`/v1/subscriptions/${id}/timeline?${query}`), 422, 'validation_failed');
      }
      for (const query of ['', 'country=es', 'country=ES&userId=', 'country=ES&price=1', `country=ES&userId=${CARD}`]) {
        expectProblem(await get(`/v1/offers?${query}`), 422, 'validation_failed');
      }
      for (const query of ['', 'userId=u', 'userId=u&shipTo=es', 'shipTo=ES', 'userId=u&shipTo=ES&at=2030-01-01']) {
        expectProblem(await get(`/v1/entitlements?${query}`), 422, 'validation_failed');
      }
      for (const query of [...queries, 'kind=receipt', 'subscriptionId=x', 'entity=%00', 'from=2026-03-01', 'to=now']) {
        const asked = await service.api.call('GET', `/v1/invoices?${query}`, undefined, { scope: 'finance' });
        expectProblem(asked, 422, 'validation_failed');
      }
      for (const query of [...queries, 'status=odd', 'kind=odd', 'gateway=paypal']) {
        for (const list of ['breaks', 'settlements']) {
          const asked = await service.api.call('GET', `/v1/${list}?${query}`, undefined, { scope: 'finance' });
          expectProblem(asked, 422, 'validation_failed');
        }
      }
      for (const last of ['', '/timeline', '/terms', '/charges', '/refunds', '/invoices']) {
        for (const text of [
          '1',
          'x',
          `${id}x`,
          '%00',
          CARD,
          '4242%204242%204242%204242',
          '%F0%9F%92%A5',
          "'or'1'='1",
          'x'.repeat(300),
        ]) {
          expectProblem(await get(`/v1/subscriptions/${text}${last}`), 422, 'validation_failed');
        }
        expectProblem(await get(`/v1/subscriptions/${NOBODY}${last}`), 404, 'not_found');
        expectProblem(await get(`/v1/subscriptions/%ZZ${last}`), 400);
      }
      expectProblem(await get('/nowhere'), 404, 'not_found');
      expectProblem(await get(`/v1/subscriptions/${id}/nothing`), 404, 'not_found');
      expectProblem(await get('/v1/subscriptions%2F..%2Fsecret'), 404, 'not_found');
      expectProblem(await get('/v1/webhooks/stripe'), 405, 'method_not_allowed');
      expectProblem(await service.api.call('POST', '/health/live', {}), 405, 'method_not_allowed');
    }));

  it('are refused for things that do not exist, before anything is made', () =>
    changesNothing(async () => {
      for (const door of DOORS.filter((one) => one.path().includes(id))) {
        const missing = { ...door, path: () => door.path().replace(id, NOBODY) };
        expectProblem(await send(missing, door.good()), 404, 'not_found');
        const odd = { ...door, path: () => door.path().replace(id, 'not-an-id') };
        expectProblem(await send(odd, door.good()), 422, 'validation_failed');
      }
    }));
});

it('takes an instant for one only where it is whole and in UTC', async () => {
  const odd = ['20990401', '2099-W10-1', '2099-092', '2099-04-01', '2099-04-01T10', '2099-04-01T10:00:00,5Z'];
  const zoned = ['2099-04-01T10:00:00', '2099-04-01T10:00:00+02:00', '2099-02-30T10:00:00Z'];
  for (const text of [...odd, ...zoned]) {
    const end = { reason: 'the service ends', effectiveAt: text };
    const announced = await service.api.call('POST', '/v1/markets/PL/discontinuation', end, { scope: 'operations' });
    expectProblem(announced, 422, 'validation_failed');
    expectProblem(await service.api.call('POST', '/test/clock', { to: text }), 422, 'validation_failed');
  }
  for (const cursor of ['-'.repeat(36) + '.1', 'a'.repeat(36) + '.1', `${NOBODY}.x`]) {
    const entries = await service.api.call('GET', `/v1/ledger/entries?cursor=${cursor}`, undefined, {
      scope: 'finance',
    });
    expectProblem(entries, 422, 'validation_failed');
  }
});

it('names the request in every refusal, as the caller named it', async () => {
  const named = await send(DOORS[0]!, '{', { 'x-request-id': 'caller-chose-this' });
  expect(named.body.requestId).toBe('caller-chose-this');
  const hidden = await send(DOORS[0]!, '{', { 'x-request-id': CARD });
  expect(hidden.body.requestId).not.toContain(CARD);
});

it('keeps no card number that came in any field, header or path', async () => {
  const key = `order-${CARD}`;
  const made = await service.api.call('POST', `/v1/subscriptions/${id}/cancellation-quotes`, {}, { key });
  expect(made.status).toBe(201);
  const retried = await service.api.call('POST', `/v1/subscriptions/${id}/payment-retries`, {}, { key });
  expect(retried.status).toBe(409);
  const { rows } = await service.database.query<{ found: string }>(
    `select c.oid::regclass::text as found from pg_class c join pg_namespace n on n.oid = relnamespace
     where nspname in ('public', 'bullmq') and relkind = 'r'
       and query_to_xml('select * from ' || c.oid::regclass, false, true, '')::text ~ '4242[ -]?4242[ -]?4242[ -]?4242'`,
  );
  expect(rows).toEqual([]);
  expect(loggablePath(`/v1/subscriptions/${CARD}?x=1`)).toBe('/(hidden)');
  expect(loggablePath('/v1/users/4242%204242%204242%204242/standing')).toBe('/(hidden)');
  expect(loggablePath(`/v1/subscriptions/${id}?x=1`)).toBe(`/v1/subscriptions/${id}`);
});

describe('random bodies', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);

  /** Right values, nearly right ones, and anything. */
  const field = (...near: unknown[]): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...near) }, { weight: 2, arbitrary: fc.jsonValue() });

  const subscribing = fc.record(
    {
      userId: field('fuzz-1', 'fuzz 2', '', 7),
      country: field('ES', 'FR', 'es', 'AQ', 'XX'),
      residenceCountry: field('ES', 'US', 'us', '??'),
      startWith: field('paid', 'trial', 'gift'),
      paymentMethod: field('pm_card_visa', 'pm_card_chargeDeclined', 'card', 'pm_'),
      deductionAuthorized: field(true, true, true, false, 'true'),
      agreementVersion: field('2023-11-01', '1999', ''),
      locale: field('es-ES', 'es', 'x'),
      conversionConsent: field(true, false),
      price: fc.jsonValue(),
    },
    {
      requiredKeys: [
        'userId',
        'country',
        'residenceCountry',
        'startWith',
        'paymentMethod',
        'deductionAuthorized',
        'agreementVersion',
      ],
    },
  );

  const cases = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.constant('subscribe'), fc.oneof({ weight: 5, arbitrary: subscribing }, fc.jsonValue())),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constant('cancellation-quotes'), fc.oneof(fc.constant({}), fc.jsonValue())) },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant('auto-renewal'),
        fc.oneof(fc.record({ enabled: field(true, false, 'true', 0) }), fc.jsonValue()),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant('cancellation'),
        fc.oneof(
          fc.record({ quoteId: field(NOBODY, 'x', 1), reason: field('', 'moved') }),
          fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        ),
      ),
    },
  );

  it(`are never accepted when wrong and never a 5xx (seed ${seed})`, async () => {
    for (const user of ['fuzz-1']) await service.api.goodStanding(user);
    await fc.assert(
      fc.asyncProperty(cases, async ([name, body]) => {
        const door = DOORS.find((one) => one.name === name)!;
        const answer = await send(door, JSON.stringify(body), { prefer: 'wait=0' });
        expect(answer.status).toBeLessThan(500);
        if (answer.status < 300)
          expect({ name, body, valid: isValid(name, body) }).toEqual({ name, body, valid: true });
        else expectProblem(answer, answer.status);
      }),
      { seed, numRuns: 300 },
    );
  });

  /** The contract's rules for these bodies, said a second time. */
  function isValid(name: string, body: unknown): boolean {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
    const given = body as Record<string, unknown>;
    const optional: Record<string, (value: unknown) => boolean> = {};
    const required: Record<string, (value: unknown) => boolean> = {};
    const text = (form: RegExp) => (value: unknown) => typeof value === 'string' && form.test(value);
    if (name === 'auto-renewal') required.enabled = (value) => typeof value === 'boolean';
    if (name === 'cancellation')
      Object.assign(optional, { quoteId: text(/^[0-9a-f-]{36}$/i), reason: text(/^[^]{1,500}$/) });
    if (name === 'subscribe') {
      Object.assign(optional, { locale: text(/^[a-z]{2}/i), conversionConsent: (value: unknown) => value === true });
      Object.assign(required, {
        userId: text(/^[\w.:@|+-]{1,128}$/),
        country: text(/^[A-Z]{2}$/),
        residenceCountry: text(/^[A-Z]{2}$/),
        startWith: text(/^(trial|paid)$/),
        paymentMethod: text(/^pm_\w+$/),
        deductionAuthorized: (value: unknown) => value === true,
        agreementVersion: text(/^.+$/),
      });
    }
    return (
      Object.keys(given).every((key) => Object.hasOwn(required, key) || Object.hasOwn(optional, key)) &&
      Object.entries(required).every(([key, rule]) => rule(given[key])) &&
      Object.entries(optional).every(
        ([key, rule]) => given[key] === undefined || given[key] === null || rule(given[key]),
      )
    );
  }
});
