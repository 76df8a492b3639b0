/** `npm run start:api`: the HTTP edge alone, against DATABASE_URL and REDIS_URL. */
import { createApi } from './application.js';
import { loadConfig } from './platform/config.js';
import { requireReady } from './platform/preflight.js';
import { serveOps } from './platform/http/ops-server.js';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log('Serves the HTTP API. Needs DATABASE_URL; see .env.example.');
  const config = loadConfig();
  await requireReady(config);
  const app = await createApi(config);
  app.enableShutdownHooks();
  await app.listen(config.PORT, config.HOST);
  await serveOps(app);
  console.log(`API ${await app.getUrl()}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
