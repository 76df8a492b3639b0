/**
 * What subscribers are told: signed, at least once, under one id, on the promised schedule, and never at the cost of a
 * payment. The receiver is a real one; business time makes its retries due.
 */
import { randomBytes } from 'node:crypto';
import { loadConfig } from '../../src/platform/config.js';
import { isPublicAddress, postPinned } from '../../src/notifications/post-pinned.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';
import { WebhookReceiver, type Received } from '../support/webhook-receiver.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const START = '2026-03-01T10:00:00.000Z';
let receiver: WebhookReceiver;
let service: Service;

describe('a subscriber', () => {
  beforeEach(async () => {
    receiver = new WebhookReceiver(SECRET);
    await receiver.start();
    service = await startService({
      startAt: START,
      config: {
        OUTGOING_WEBHOOK_URL: receiver.url,
        OUTGOING_WEBHOOK_SECRET: SECRET,
        OUTGOING_TIMEOUT_MS: 300,
        LOG_LEVEL: 'silent',
      },
    });
  });
  afterEach(async () => {
    expect(receiver.forged).toEqual([]);
    await service.stop();
    await receiver.stop();
  });

  interface Delivery {
    id: string;
    eventId: string;
    endpoint: string;
    event: string;
    status: string;
    attempts: number;
    nextAttemptAt: string | null;
    lastError: string | null;
    deliveredAt: string | null;
    answer: string | null;
    code?: string;
  }

  const operations = { scope: 'operations' } as const;

  async function deliveries(status: string): Promise<Delivery[]> {
    const { body } = await service.api.call<{ data: Delivery[] }>(
      'GET',
      `/v1/deliveries?status=${status}&limit=100`,
      undefined,
      operations,
    );
    return body.data;
  }

  /** Lets everything due at this instant be done. */
  async function settle(): Promise<void> {
    await service.api.clockBy('PT0S');
  }

  const typesOf = (events: Received[]): string[] => events.map((event) => event.type).sort();

  it('tells each fact of a life once, with whom and what it is about', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('u1')).body;
    await settle();
    expect(typesOf(receiver.of(id))).toEqual(['charge.succeeded', 'subscription.activated']);
    await api.autoRenewal(id, false);
    const { refunds } = (await api.cancel(id)).body;
    await settle();
    expect(typesOf(receiver.of(id))).toEqual(
      expect.arrayContaining([
        'subscription.auto_renewal_changed',
        'subscription.canceled',
        'refund.created',
        'refund.succeeded',
      ]),
    );
    const canceled = receiver.of(id).find((event) => event.type === 'subscription.canceled');
    expect(canceled).toMatchObject({
      timestamp: START,
      data: { subscriptionId: id, userId: 'u1', country: 'ES', status: 'canceled', facts: { refundMinor: 4999 } },
    });
    expect(receiver.of(id).find((event) => event.type === 'refund.created')?.data.facts).toMatchObject({
      refundId: refunds[0]?.id,
    });
    expect(receiver.received).toHaveLength(receiver.of(id).length);
    expect(await deliveries('pending')).toEqual([]);
  });

  it('tries again after 5 s, 5 m, 30 m, 2 h, 5 h, 10 h and 10 h under the same id, then waits for a person', async () => {
    const { api } = service;
    receiver.behave = () => 503;
    const { id } = (await api.subscribe('u1')).body;
    await settle();
    const at = ['10:00:05', '10:05:05', '10:35:05', '12:35:05', '17:35:05'].map((time) => `2026-03-01T${time}.000Z`);
    for (const [index, next] of [...at, '2026-03-02T03:35:05.000Z', '2026-03-02T13:35:05.000Z'].entries()) {
      expect(await deliveries('pending')).toMatchObject(
        Array(2).fill({ attempts: index + 1, nextAttemptAt: next, lastError: 'the endpoint answered 503' }),
      );
      await api.clockTo(next);
    }
    expect(await deliveries('pending')).toEqual([]);
    expect(await deliveries('dead')).toMatchObject(Array(2).fill({ attempts: 8, nextAttemptAt: null }));
    expect(receiver.received).toHaveLength(16);
    expect(new Set(receiver.received.map((event) => event.webhookId)).size).toBe(2);
    expect(await api.clockBy('P10D')).toEqual({});

    receiver.behave = () => 200;
    const [dead] = await deliveries('dead');
    const replay = (): ReturnType<typeof api.call<Delivery>> =>
      api.call<Delivery>('POST', `/v1/deliveries/${dead?.id}/replay`, {}, operations);
    expect(await replay()).toMatchObject({ status: 200, body: { status: 'pending', eventId: dead?.eventId } });
    await settle();
    expect(receiver.tries(dead?.eventId ?? '')).toBe(9);
    expect(await deliveries('dead')).toHaveLength(1);
    expect(await deliveries('delivered')).toMatchObject([
      { eventId: dead?.eventId, endpoint: 'webhook', lastError: null, answer: '200' },
    ]);
    expect(receiver.of(id)).toHaveLength(2);
  });

  it('refuses to replay what is unknown or still tried', async () => {
    receiver.behave = () => 500;
    await service.api.subscribe('u1');
    await settle();
    const [pending] = await deliveries('pending');
    const replay = (id: string): Promise<{ status: number; body: { code?: string } }> =>
      service.api.call('POST', `/v1/deliveries/${id}/replay`, {}, operations);
    expect(await replay(pending?.id ?? '')).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
    expect(await replay('01932a4e-1234-7abc-8123-123456789abc')).toMatchObject({ status: 404 });
  });

  it.each([
    ['hangs', 'hang', /no answer within 300 ms/],
    ['cuts the line', 'reset', /socket hang up|ECONNRESET/],
    ['sends elsewhere', 302, /answered 302/],
    ['is gone', 410, /answered 410/],
  ] as const)('takes an endpoint that %s as a failed try, and charges all the same', async (_, behaviour, error) => {
    const { api } = service;
    receiver.behave = () => behaviour;
    receiver.headers = { location: `${receiver.url}/elsewhere` };
    const { status, body } = await api.subscribe('u1');
    expect({ status, subscription: body.status }).toEqual({ status: 201, subscription: 'active' });
    await settle();
    for (const { lastError } of await deliveries('pending')) expect(lastError).toMatch(error);
    receiver.behave = () => 204;
    await api.clockBy('PT5S');
    expect(await deliveries('pending')).toEqual([]);
    expect(typesOf(receiver.of(body.id))).toEqual(['charge.succeeded', 'subscription.activated']);
    // The receiver had it the first time too; only the id says that it is the same.
    for (const { webhookId } of receiver.of(body.id)) expect(receiver.tries(webhookId)).toBe(2);
  });

  it('never waits for subscribers with what moves money', async () => {
    const { api, database } = service;
    receiver.behave = () => 'hang';
    service.config.OUTGOING_TIMEOUT_MS = 20_000;
    const members = await Promise.all(Array.from({ length: 20 }, (_, n) => api.subscribe(`m${n}`)));
    expect(members.map((member) => member.body.status)).toEqual(Array(20).fill('active'));
    await until('40 hanging tries', () => Promise.resolve(receiver.received.length === 40));
    const begun = performance.now();
    expect((await api.subscribe('late')).body.status).toBe('active');
    expect(performance.now() - begun).toBeLessThan(5000);
    const { rows } = await database.query<{ open: number }>(
      `select count(*)::int as open from pg_stat_activity where datname = current_database()
         and state = 'idle in transaction' and state_change < clock_timestamp() - interval '1 second'`,
    );
    expect(rows).toEqual([{ open: 0 }]);
    receiver.behave = () => 204;
    await receiver.stop();
    await receiver.start();
  });

  it('tells operations of a case', async () => {
    const { api, database } = service;
    const { id } = (await api.subscribe('u1')).body;
    await service.sandbox.faults({ timeoutBeforeCapture: true });
    await api.clockTo('2027-03-01T10:00:00.000Z');
    await api.clockBy('PT2H');
    await service.sandbox.faults({});
    const { rows } = await database.query('select 1 from cases');
    await settle();
    const told = receiver.received.filter((event) => event.type === 'case.opened');
    expect(told).toHaveLength(rows.length);
    expect(told[0]?.data).toMatchObject({ subscriptionId: id, kind: 'payment_undecided' });
  });
});

it('writes events that nobody is to be told of, and has nothing to deliver', async () => {
  const alone = await startService();
  await alone.api.subscribe('u1');
  const { rows } = await alone.database.query(
    'select (select count(*)::int from outbox_events) as events, (select count(*)::int from deliveries) as deliveries',
  );
  expect(rows).toEqual([{ events: 2, deliveries: 0 }]);
  await alone.stop();
});

describe('an address', () => {
  it.each([
    ['93.184.216.34', true],
    ['1.1.1.1', true],
    ['2606:2800:220:1:248:1893:25c8:1946', true],
    ['10.1.2.3', false],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['192.168.0.1', false],
    ['100.64.0.1', false],
    ['0.0.0.0', false],
    ['255.255.255.255', false],
    ['::1', false],
    ['::', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['2001:db8::1', false],
    ['localhost', false],
  ])('%s is public: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });

  const post = { body: '{}', headers: {}, timeoutMs: 2000, anyAddress: false };
  it.each([
    ['http://93.184.216.34/', /only https/],
    ['https://127.0.0.1/', /127.0.0.1 is no public address/],
    ['https://[::1]/', /::1 is no public address/],
    ['https://0x7f.1/', /127.0.0.1 is no public address/],
    ['https://localhost/', /is no public address/],
    // A host that does not resolve fails this one try; thrown inside the look-up, it would end the process.
    ['https://nobody.invalid/', /getaddrinfo (ENOTFOUND|EAI_AGAIN)/],
  ])('%s is not called in production', async (url, error) => {
    await expect(postPinned(url, post)).rejects.toThrow(error);
  });
});

describe('its settings', () => {
  const url = 'https://shop.example/events';
  it.each<[string, Record<string, string>]>([
    ['a secret alone', { OUTGOING_WEBHOOK_SECRET: SECRET }],
    ['an address alone', { OUTGOING_WEBHOOK_URL: url }],
    ['a short secret', { OUTGOING_WEBHOOK_URL: url, OUTGOING_WEBHOOK_SECRET: 'whsec_c2hvcnQ=' }],
    ['a secret without its prefix', { OUTGOING_WEBHOOK_URL: url, OUTGOING_WEBHOOK_SECRET: SECRET.slice(6) }],
    [
      'http in production',
      { OUTGOING_WEBHOOK_URL: 'http://shop.example/', OUTGOING_WEBHOOK_SECRET: SECRET, NODE_ENV: 'production' },
    ],
  ])('refuse %s', (_, settings) => {
    expect(() => loadConfig(settings)).toThrow(/OUTGOING_WEBHOOK_(URL|SECRET)/);
  });

  it('take an address with its secret', () => {
    expect(loadConfig({ OUTGOING_WEBHOOK_URL: url, OUTGOING_WEBHOOK_SECRET: SECRET }).OUTGOING_WEBHOOK_URL).toBe(url);
  });
});
