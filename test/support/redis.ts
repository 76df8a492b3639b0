/** A Redis of a test's own: a free port, a folder of its own, stopped with the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { freePort } from '../../src/embedded/free-port.js';

export interface OwnRedis {
  url: string;
  /** Loses everything, as a queue may. */
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

export const redisInstalled = spawnSync('redis-server', ['--version']).status === 0;

/** Where Redis is not installed its tests cannot run; that is said loudly, never passed over. */
export function queues(): ('postgres' | 'redis')[] {
  if (redisInstalled) return ['postgres', 'redis'];
  process.stderr.write(
    '\n*** redis-server is not installed: the Redis suites DO NOT RUN. Install it to test both queues. ***\n',
  );
  return ['postgres'];
}

export async function startRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vip-redis-'));
  const port = await freePort();
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const chunk of child.stdout) if (String(chunk).includes('Ready to accept')) break;
  const url = `redis://127.0.0.1:${port}`;
  return {
    url,
    wipe: async () => {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
