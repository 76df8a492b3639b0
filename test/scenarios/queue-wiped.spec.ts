/** The queue carries ids and nothing else: wiped in the middle of the work, it costs one poll and no money. */
import { audit } from '../support/auditor.js';
import { redisInstalled, startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from '../support/service.js';

const run = redisInstalled ? it : it.skip;
if (!redisInstalled)
  process.stderr.write('\n*** redis-server is not installed: queue-wiped on Redis DOES NOT RUN. ***\n');

run(
  'finishes what was due although Redis loses everything again and again',
  async () => {
    const redis = await startRedis();
    const service = await startService({ redisUrl: redis.url });
    const { api, sandbox, database } = service;
    const members = await Promise.all(
      Array.from({ length: 40 }, (_, index) => api.subscribe(`wiped-${index}`, { startWith: 'trial' })),
    );
    await sandbox.faults({ latencyMs: 50 });
    const conversion = api.clockTo('2026-03-31T10:00:00.000Z');
    for (const captures of [1, 10, 25]) {
      await until(`${captures} captures`, async () => (await sandbox.movements()).length >= captures);
      await redis.wipe();
    }
    await conversion;
    expect(await sandbox.movements()).toHaveLength(members.length);
    expect(await audit(database, sandbox)).toEqual([]);
    await service.stop();
    await redis.stop();
  },
  120_000,
);
