/** A gateway that times out, lies, stammers or goes silent: every capture is adopted once, none is repeated. */
import { audit } from '../support/auditor.js';
import { queues, startRedis, type OwnRedis } from '../support/redis.js';
import { startService, type Service } from '../support/service.js';

describe.each(queues())('on the %s queue', (queue) => {
  let redis: OwnRedis | null = null;
  let service: Service;

  beforeAll(async () => {
    redis = queue === 'redis' ? await startRedis() : null;
    service = await startService({ queue: true, redisUrl: redis?.url });
  });
  afterEach(async () => {
    await service.sandbox.faults({});
    await service.api.clockBy('PT2H');
    expect(await audit(service.database, service.sandbox)).toEqual([]);
  });
  afterAll(async () => {
    await service.stop();
    await redis?.stop();
  });

  const FAULTS: { name: string; faults: Record<string, number | boolean>; status?: 'pending' }[] = [
    { name: 'captures and then times out', faults: { captureThenTimeout: 1, dropWebhooks: true } },
    { name: 'times out before it captures', faults: { timeoutBeforeCapture: 1, dropWebhooks: true } },
    { name: 'answers 5xx', faults: { serverErrors: 1, dropWebhooks: true } },
    // Nobody has listened: it waits to be sent, and nothing is unknown.
    { name: 'answers 429', faults: { rateLimit: 1, dropWebhooks: true }, status: 'pending' },
    { name: 'answers 409, the key is in use', faults: { conflicts: 1, dropWebhooks: true }, status: 'pending' },
    { name: 'answers garbage', faults: { garbage: 1, dropWebhooks: true } },
    { name: 'answers another amount than it captured', faults: { wrongAmount: 1, dropWebhooks: true } },
  ];

  it.each(FAULTS)(
    'a gateway that $name: undecided, then captured once',
    async ({ name, faults, status: waits = 'unknown' }) => {
      const { api, sandbox } = service;
      await sandbox.faults(faults);
      const user = name.replaceAll(/\W/g, '-');
      const { status, body } = await api.subscribe(user, {}, { waitSeconds: 1 });
      expect(status).toBe(201);
      expect(body.status).toBe('pending_payment');
      expect(await api.charges(body.id)).toMatchObject([{ status: waits, attempts: [{ status: waits }] }]);
      await sandbox.faults({ dropWebhooks: true });
      const ran = await api.clockBy('PT1M');
      expect(ran[waits === 'unknown' ? 'query_request' : 'submit_request']).toBeGreaterThan(0);
      expect(await api.subscription(body.id)).toMatchObject({ status: 'active' });
      expect(await api.charges(body.id)).toMatchObject([{ status: 'succeeded', attempts: [{ status: 'succeeded' }] }]);
      expect(await sandbox.movementsOf(body.id)).toHaveLength(1);
    },
  );

  it('adopts a capture by its webhook, before anyone asks', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ captureThenTimeout: 1, duplicateWebhooks: true });
    const { body } = await api.subscribe('by-webhook', {}, { waitSeconds: 5 });
    expect(body.status).toBe('active');
    expect(await sandbox.movementsOf(body.id)).toHaveLength(1);
  });

  it('opens a case for a payment that stays undecided for an hour, and closes it when it is decided', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const { body } = await api.subscribe('undecided', {}, { waitSeconds: 1 });
    await sandbox.faults({ unavailable: true });
    await api.clockBy('PT59M59S');
    const early = await api.call<{ data: unknown[] }>('GET', '/v1/cases', undefined, { scope: 'operations' });
    expect(early.body.data).toEqual([]);
    await api.clockBy('PT1S');
    const open = await api.call<{ data: { kind: string }[] }>('GET', '/v1/cases', undefined, { scope: 'operations' });
    expect(open.body.data).toMatchObject([{ kind: 'payment_undecided' }]);
    await sandbox.faults({});
    await api.clockBy('PT6H');
    expect(await api.subscription(body.id)).toMatchObject({ status: 'active' });
    const left = await api.call<{ data: unknown[] }>('GET', '/v1/cases', undefined, { scope: 'operations' });
    expect(left.body.data).toEqual([]);
  });

  it('returns all of a first fee that is found captured after the sign-up was abandoned', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const { body } = await api.subscribe('too-late', {}, { waitSeconds: 1 });
    await sandbox.faults({ unavailable: true });
    await api.clockBy('PT23H');
    expect(await api.subscription(body.id)).toMatchObject({ status: 'abandoned', endReason: 'not_completed' });
    await sandbox.faults({});
    await api.clockBy('P2D');
    expect(await api.refunds(body.id)).toMatchObject([{ amount: 4999, basis: 'full', status: 'succeeded' }]);
    expect(await api.subscription(body.id)).toMatchObject({ status: 'abandoned' });
    expect((await api.subscribe('too-late', { startWith: 'trial' })).status).toBe(201);
  });

  it('tries a refund again that the gateway fails, then makes it a case for finance', async () => {
    const { api, sandbox } = service;
    const recovers = (await api.subscribe('refund-recovers')).body;
    await sandbox.faults({ failRefunds: 1 });
    expect((await api.cancel(recovers.id)).body.refunds).toMatchObject([{ amount: 4999, status: 'failed' }]);
    await api.clockBy('PT1H');
    expect(await api.refunds(recovers.id)).toMatchObject([{ status: 'succeeded' }]);

    const fails = (await api.subscribe('refund-fails')).body;
    await sandbox.faults({ failRefunds: true });
    await api.cancel(fails.id);
    await api.clockBy('P10D');
    expect(await api.refunds(fails.id)).toMatchObject([{ status: 'failed' }]);
    const open = await api.call<{ data: { kind: string }[] }>('GET', '/v1/cases', undefined, { scope: 'operations' });
    expect(open.body.data).toMatchObject([{ kind: 'refund_failed' }]);
  });

  it('adopts a refund that was made and then timed out', async () => {
    const { api, sandbox } = service;
    const { body } = await api.subscribe('refund-timeout');
    await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const canceled = await api.cancel(body.id, {}, { waitSeconds: 1 });
    expect(canceled.body.refunds).toMatchObject([{ status: 'pending' }]);
    await sandbox.faults({});
    await api.clockBy('PT1M');
    expect(await api.refunds(body.id)).toMatchObject([{ status: 'succeeded', amount: 4999 }]);
  });
});
