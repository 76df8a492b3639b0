/** `npm run start:worker`: one worker process, against DATABASE_URL and REDIS_URL. Start as many as needed. */
import { createServer, type ServerResponse } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { createWorker } from './application.js';
import { loadConfig } from './platform/config.js';
import { HealthController } from './platform/health.controller.js';

const HELP = 'Performs what is due: conversions, renewals, payments, refunds. Needs DATABASE_URL; see .env.example.';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(HELP);
    return;
  }
  const config = loadConfig();
  const app = await createWorker(config);
  app.enableShutdownHooks();
  if (config.OPS_PORT > 0) serveHealth(app, config.OPS_PORT, config.HOST);
  console.log('worker ready');
}

/** What an orchestrator asks of a worker; it serves nothing else. */
function serveHealth(app: INestApplicationContext, port: number, host: string): void {
  const health = app.get(HealthController);
  const answer = (response: ServerResponse, status: number, detail: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(detail);
  };
  createServer((request, response) => {
    if (request.url === '/health/live') answer(response, 200, 'ok');
    else if (request.url !== '/health/ready') answer(response, 404, 'only /health/live and /health/ready are here');
    else {
      health.ready().then(
        () => answer(response, 200, 'ok'),
        (error: Error) => answer(response, 503, error.message),
      );
    }
  })
    .listen(port, host)
    .unref();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
