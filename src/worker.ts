/** `npm run start:worker`: one worker process, against DATABASE_URL and REDIS_URL. Start as many as needed. */
import { createWorker } from './application.js';
import { loadConfig } from './platform/config.js';
import { requireReady } from './platform/preflight.js';
import { serveOps } from './platform/http/ops-server.js';

const HELP = 'Performs what is due: conversions, renewals, payments, refunds. Needs DATABASE_URL; see .env.example.';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(HELP);
    return;
  }
  const config = loadConfig();
  await requireReady(config);
  const app = await createWorker(config);
  app.enableShutdownHooks();
  await serveOps(app);
  console.log('worker ready');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
