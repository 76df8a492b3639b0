/** `npm run start:worker`: one worker process, against DATABASE_URL and REDIS_URL. Start as many as needed. */
import { createWorker } from './application.js';
import { loadConfig } from './platform/config.js';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    return console.log(
      'Performs what is due: conversions, renewals, payments, refunds. Needs DATABASE_URL; see .env.example.',
    );
  }
  const app = await createWorker(loadConfig());
  app.enableShutdownHooks();
  console.log('worker ready');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
