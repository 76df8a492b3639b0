/** The operations port: health and metrics without a token, on a port of its own, and nowhere where it is 0. */
import { freePort } from '../../src/embedded/free-port.js';
import { startProcess } from '../support/processes.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service.stop());

it('tells what is due, undecided and open, beside the figures of the process', async () => {
  const { DATABASE_URL = '', STRIPE_API_BASE = '', STRIPE_WEBHOOK_SECRET } = service.config;
  const port = await freePort();
  const env = { DATABASE_URL, STRIPE_API_BASE, STRIPE_WEBHOOK_SECRET, TEST_CLOCK: 'on', OPS_PORT: String(port) };
  await service.sandbox.faults({ hangMs: 60_000 });
  const worker = await startProcess('worker', env, /worker ready/);
  try {
    const get = async (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get('/health/live')).text()).toBe('ok');
    expect((await get('/health/ready')).status).toBe(200);
    expect((await get('/v1/offers')).status).toBe(404);
    expect(await (await get('/metrics')).text()).toMatch(/^process_cpu_seconds_total /m);
    await service.api.subscribe('waits', {}, { waitSeconds: 0 });
    let answer = await get('/metrics');
    await until('the payment is under way', async () => {
      answer = await get('/metrics');
      return /^vip_gateway_requests_undecided\{status="submitted"\} 1$/m.test(await answer.clone().text());
    });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toMatch(/^vip_due_work\{job="submit_request"\} 1$/m);
  } finally {
    await worker.kill('SIGKILL');
    await service.sandbox.faults({});
  }
});
