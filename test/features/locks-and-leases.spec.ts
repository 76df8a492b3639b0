/**
 * What keeps two processes from deciding the same thing: the lock on a subscription, for one change and for a batch, and the
 * lease of a request whose worker falls silent. Each layer is looked at alone, so that no other one hides its absence.
 */
import type { INestApplicationContext } from '@nestjs/common';
import { createWorker } from '../../src/application.js';
import { Config } from '../../src/platform/config.js';
import { ChangeSubscription } from '../../src/subscriptions/change-subscription.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const START = '2026-03-01T10:00:00.000Z';
let service: Service;

afterEach(() => service.stop());

describe('the lock on a subscription', () => {
  /** In a transaction of its own the membership ends; it commits when it is told to. */
  async function endElsewhere(id: string): Promise<() => Promise<void>> {
    const client = await service.database.connect();
    await client.query('begin');
    await client.query(
      `update subscriptions set status = 'expired', ended_at = now_at, end_reason = 'opted_out', due_move = null, due_at = null
       from test_clock where id = $1`,
      [id],
    );
    return async () => {
      await client.query('commit');
      client.release();
    };
  }

  const someoneWaits = async (): Promise<boolean> => {
    const { rows } = await service.database.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where wait_event_type = 'Lock' and datname = current_database()`,
    );
    return rows[0]!.waiting > 0;
  };

  it('is taken before a member’s change reads: what another transaction has decided meanwhile is seen', async () => {
    service = await startService({ startAt: START });
    const { id } = (await service.api.subscribe('m1', { startWith: 'trial' })).body;
    const commit = await endElsewhere(id);
    const answer = service.api.autoRenewal(id, false);
    await until('the change waits for the lock', someoneWaits);
    await commit();
    const detail = expect.stringContaining('the subscription is expired') as string;
    expect(await answer).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state', detail } });
    expect(await service.api.subscription(id)).toMatchObject({ status: 'expired', autoRenewal: true });
  });

  it('leaves a locked row out of a batch, which goes on without it, and reads it when it is free', async () => {
    service = await startService({ startAt: START });
    const { api, config } = service;
    const members = await Promise.all(['m1', 'm2', 'm3'].map((user) => api.subscribe(user, { startWith: 'trial' })));
    const [held = '', ...others] = members.map(({ body }) => body.id);
    const worker = await createWorker(config);
    const changes = worker.get(ChangeSubscription);
    const look = (id: string): Promise<{ transaction: string; status: string }> =>
      changes.change(id, 'scheduler', async ({ tx, subscription: { status } }) => {
        const [own] = await tx.query<{ transaction: string }>('select pg_current_xact_id()::text as transaction');
        return { transaction: own!.transaction, status };
      });
    const commit = await endElsewhere(held);
    const looks = [held, ...others].map(look);
    const [one, other] = await Promise.all(looks.slice(1));
    expect(one).toEqual({ transaction: other!.transaction, status: 'trialing' });
    await until('the third waits for the lock', someoneWaits);
    await commit();
    expect(await looks[0]).toMatchObject({ status: 'expired' });
    await worker.close();
  });
});

describe('a request whose worker fell silent', () => {
  let worker: INestApplicationContext | null = null;
  afterEach(async () => {
    await worker?.close();
    worker = null;
  });

  /** Without a queue, so that nothing is redelivered: only the lease brings the request to another worker. */
  async function startWorker(): Promise<void> {
    worker = await createWorker(Object.assign(new Config(), service.config, { QUEUE: 'off' as const }));
  }

  async function fallSilent(lease: string): Promise<string> {
    service = await startService({ startAt: START, worker: false });
    const { id } = (await service.api.subscribe('m1', {}, { waitSeconds: 0 })).body;
    // As the worker had frozen it before it fell silent.
    const { id: customer } = await service.sandbox.merchant('POST', 'customers');
    await service.database.query(
      `update gateway_requests set status = 'submitted', asks = jsonb_build_object('kind', 'charge', 'customer', $1::text,
         'method', 'pm_card_visa', 'amountMinor', 4999, 'currency', 'EUR', 'offSession', false, 'keepMethod', true),
         first_submitted_at = clock_timestamp(), lease_until = ${lease}`,
      [customer],
    );
    return id;
  }

  it('is taken up by another one when its lease has run out, and sent once', async () => {
    const id = await fallSilent(`clock_timestamp() - interval '1 second'`);
    await startWorker();
    await until('the capture', async () => (await service.api.subscription(id)).status === 'active');
    expect((await service.sandbox.movements()).map(({ type }) => type)).toEqual(['capture']);
  });

  it('is left to its worker until then', async () => {
    const id = await fallSilent(`clock_timestamp() + interval '2 seconds'`);
    const leaseUntil = performance.now() + 1950;
    await startWorker();
    await until('the capture', async () => (await service.api.subscription(id)).status === 'active');
    expect(performance.now()).toBeGreaterThanOrEqual(leaseUntil);
    expect((await service.sandbox.movements()).map(({ type }) => type)).toEqual(['capture']);
  });
});
