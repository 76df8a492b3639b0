/**
 * Eighty trials convert at one instant with two worker processes, one of them killed with SIGKILL in the middle: by the
 * gateway's own record every member is charged once.
 */
import { audit } from '../support/auditor.js';
import { startProcess, type Process } from '../support/processes.js';
import { queues, startRedis, type OwnRedis } from '../support/redis.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const MEMBERS = 80;
const START = '2026-03-01T10:00:00.000Z';
const TRIAL_END = '2026-03-31T10:00:00.000Z';

describe.each(queues())('on the %s queue', (queue) => {
  let redis: OwnRedis | null = null;
  let service: Service;
  const workers: Process[] = [];

  afterEach(async () => {
    for (const worker of workers.splice(0)) if (worker.child.exitCode === null) await worker.kill('SIGKILL');
    await service.stop();
    await redis?.stop();
  });

  const startWorker = async (): Promise<void> => {
    const { DATABASE_URL = '', REDIS_URL = '', STRIPE_API_BASE = '', STRIPE_WEBHOOK_SECRET } = service.config;
    const env = {
      DATABASE_URL,
      REDIS_URL,
      STRIPE_API_BASE,
      STRIPE_WEBHOOK_SECRET,
      TEST_CLOCK: 'on',
      TEST_CLOCK_START: START,
    };
    workers.push(await startProcess('worker', env, /worker ready/));
  };

  it('charges each of 80 members once although a worker is killed among them', async () => {
    redis = queue === 'redis' ? await startRedis() : null;
    service = await startService({ startAt: START, redisUrl: redis?.url, worker: false });
    const { api, sandbox, database } = service;
    await Promise.all([startWorker(), startWorker()]);
    for (let index = 0; index < MEMBERS; index += 20) {
      const batch = Array.from({ length: 20 }, (_, one) =>
        api.subscribe(`member-${index + one}`, { startWith: 'trial' }),
      );
      expect((await Promise.all(batch)).map((answer) => answer.body.status)).toEqual(Array(20).fill('trialing'));
    }
    await sandbox.faults({ latencyMs: 100 });
    const conversion = api.clockTo(TRIAL_END);
    await until('20 captures', async () => (await sandbox.movements()).length >= 20);
    await workers[0]?.kill('SIGKILL');
    expect(await conversion).toMatchObject({ convert_trial: MEMBERS });
    await sandbox.faults({});

    const movements = await sandbox.movements();
    expect(movements).toHaveLength(MEMBERS);
    expect(new Set(movements.map((movement) => movement.reference)).size).toBe(MEMBERS);
    const { rows } = await database.query<{ status: string; count: string }>(
      'select status, count(*) from subscriptions group by status',
    );
    expect(rows).toEqual([{ status: 'active', count: MEMBERS }]);
    expect(await audit(database, sandbox)).toEqual([]);
  }, 120_000);
});
