/**
 * What machines ask of a process, on a port of its own that is not for the storefront: whether it lives, whether it can
 * serve, and its metrics. It asks for no token: keep the port inside.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { Config } from '../config.js';
import { HealthController } from './health.controller.js';
import { Metrics } from './metrics.js';

const PLAIN = 'text/plain; charset=utf-8';

/** Serves on `OPS_PORT`, or nowhere where that is 0. Returns what stops it. */
export async function serveOps(app: INestApplicationContext): Promise<() => Promise<void>> {
  const { OPS_PORT: port, HOST: host } = app.get(Config);
  if (port === 0) return () => Promise.resolve();
  const answers: Record<string, () => Promise<[type: string, text: string]>> = {
    '/health/live': () => Promise.resolve([PLAIN, 'ok']),
    '/health/ready': async () => [PLAIN, (await app.get(HealthController).ready()).status],
    '/metrics': async () => [app.get(Metrics).contentType, await app.get(Metrics).read()],
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''];
    if (answer === undefined) return send(response, 404, PLAIN, `there is ${Object.keys(answers).join(', ')}`);
    answer().then(
      ([type, text]) => send(response, 200, type, text),
      (error: Error) => send(response, 503, PLAIN, error.message),
    );
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE'
      ? new Error(`Port ${port} is taken. Set another OPS_PORT, or 0 for none.`)
      : error;
  });
  return async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
