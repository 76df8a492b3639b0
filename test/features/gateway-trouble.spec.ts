/** Trouble with the gateway is seen: one line for each refusal and outage, one for every call at `info`, and in the metrics. */
import type { LoggerService } from '@nestjs/common';
import { Metrics } from '../../src/platform/http/metrics.js';
import { ScriptedGateway } from '../support/scripted-gateway.js';
import { startService, type Service } from '../support/service.js';

interface Line {
  level: 'info' | 'warn' | 'error';
  words: string;
}

let service: Service;
let gateway: ScriptedGateway;
let lines: Line[];

beforeEach(async () => {
  gateway = new ScriptedGateway();
  lines = [];
  service = await startService({ gateway });
  const keep =
    (level: Line['level']) =>
    (message: unknown, ...rest: unknown[]): void => {
      if (rest.at(-1) === 'gateway') lines.push({ level, words: String(message) });
    };
  const logger: LoggerService = { log: keep('info'), warn: keep('warn'), error: keep('error') };
  service.app.useLogger(logger);
});
afterEach(() => service.stop());

const told = (level: Line['level']): string[] => lines.filter((line) => line.level === level).map(({ words }) => words);

it('says of a refusal which request, of whom, in whose words', async () => {
  const said = { requestId: 'req_77', status: 400, words: 'Amount must be at least 50' };
  gateway.next('send', /_first_1 /, { answers: { kind: 'refused', gatewayId: null, code: 'amount_too_small', said } });
  const { status } = await service.api.subscribe('m1');
  expect(status).toBe(402);
  expect(told('warn')).toEqual([
    expect.stringMatching(
      /^send charge_[\w-]+_1_first_1 of subscription [\w-]+: refused; \d+ ms; code amount_too_small; scripted says 400: Amount must be at least 50; its request req_77$/,
    ),
  ]);
});

it('says of an outage when it begins and when it ends, once for all that waits', async () => {
  const answers = { kind: 'not_heard', because: 'locked_out', detail: 'bad key', retryAfterMs: null } as const;
  gateway.next('customer', /./, { answers }, 2);
  await service.api.subscribe('m1', {}, { waitSeconds: 1 });
  await service.api.subscribe('m2', {}, { waitSeconds: 1 });
  await service.api.clockBy('PT1H');
  expect(told('error')).toEqual([
    'outage of scripted begun: locked out: bad key',
    expect.stringMatching(/^outage of scripted ended: it had begun at 2026-03-01T/),
  ]);
});

it('has a line of info and a count for every call', async () => {
  const { body } = await service.api.subscribe('m1');
  expect(told('info').map((words) => words.split(' ')[0])).toEqual(['customer', 'send']);
  await service.api.cancel(body.id);
  expect(told('info').map((words) => words.split(' ')[0])).toEqual(['customer', 'send', 'refunds', 'send']);
  const metrics = await service.app.get(Metrics).read();
  expect(metrics).toContain(
    'vip_gateway_calls_total{gateway="scripted",call="send",kind="charge",outcome="succeeded",status="2xx"} 1',
  );
  expect(metrics).toContain(
    'vip_gateway_calls_total{gateway="scripted",call="refunds",kind="refund",outcome="answered",status="2xx"} 1',
  );
  expect(metrics).toContain('vip_gateway_call_seconds_count{gateway="scripted",call="send"} 2');
});

it('tells how long the oldest undecided request has waited', async () => {
  gateway.next('send', /./, { answers: { kind: 'unknown', detail: 'no answer' } });
  gateway.next('find', /./, { answers: { kind: 'unknown', detail: 'no answer' } }, 100);
  await service.api.subscribe('m1', {}, { waitSeconds: 1 });
  await service.api.clockBy('PT30M');
  const metrics = await service.app.get(Metrics).read();
  expect(metrics).toContain('vip_gateway_requests_undecided_oldest_seconds{status="unknown"} 1800');
});
