/** `npm start`: the embedded default. Prints where everything is and a first subscription to try; Ctrl-C stops it all. */
import { fileURLToPath } from 'node:url';
import { startEverything, type Running } from './embedded/everything.js';
import { loadConfig, type Config } from './platform/config.js';
import { SCOPES } from './platform/http/access.js';
import { signToken } from './platform/http/signing-keys.js';

const HELP = `npm start: runs the whole service: API, workers, and where none is configured an embedded PostgreSQL and
a sandbox gateway. Settings come from the environment; .env.example lists them. Ctrl-C stops everything.`;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(HELP);
  const config = loadConfig();
  const starting = startEverything(config, fileURLToPath(new URL('./sandbox-gateway/main.js', import.meta.url)));
  const state = { stopping: false };
  // Also while it still starts: what was started is stopped, nothing is left behind.
  const stop = (): void => {
    if (state.stopping) return;
    state.stopping = true;
    console.log('\nstopping...');
    starting.then((running) => running.stop()).then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // A terminal that was closed takes no more words; what was started is stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const running = await starting;
  if (!state.stopping)
    console.log(config.AUTH_JWKS_URL === undefined ? await welcome(config, running) : `API ${running.apiUrl}`);
}

async function welcome(config: Config, { apiUrl, sandboxUrl }: Running): Promise<string> {
  const sign = (scope: string): Promise<string> =>
    signToken(config.DATA_DIR, {
      scopes: [scope],
      subject: `local-${scope}`,
      issuer: config.AUTH_ISSUER,
      audience: config.AUTH_AUDIENCE,
    });
  const tokens = await Promise.all(SCOPES.map(async (scope) => [scope, await sign(scope)] as const));
  const exports = tokens.map(([scope, token]) => `export ${scope.toUpperCase()}=${token}`).join('\n');
  return `
VIP membership billing is ready.
  API       ${apiUrl}
  docs      ${apiUrl}/docs
  gateway   ${sandboxUrl ?? 'Stripe'}${sandboxUrl === null ? '' : ` (sandbox; its record: ${sandboxUrl}/sandbox/movements)`}
  clock     ${config.TEST_CLOCK === 'on' ? `test clock, POST ${apiUrl}/test/clock` : 'real time'}
  data      ${config.DATA_DIR}

Tokens (12 h), to paste into a shell:
${exports}

A first subscription:
curl -sX PUT ${apiUrl}/v1/users/u1/standing -H "Authorization: Bearer $RISK" \\
  -H 'Content-Type: application/json' -d '{"standing":"good","reason":"good history"}'; \\
curl -sX POST ${apiUrl}/v1/subscriptions -H "Authorization: Bearer $STOREFRONT" \\
  -H 'Content-Type: application/json' -H 'Idempotency-Key: first-try' \\
  -d '{"userId":"u1","country":"ES","residenceCountry":"ES","startWith":"paid","paymentMethod":"pm_card_visa","deductionAuthorized":true,"agreementVersion":"2023-11-01"}'
`;
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

main().catch(fail);
