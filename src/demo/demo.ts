/**
 * `npm run demo`: a few members live two years in seconds on the embedded default with a test clock. Each step is shown
 * with its clause and amount, and at the end our books beside the gateway's own record.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEverything, type Running } from '../embedded/everything.js';
import { loadConfig } from '../platform/config.js';
import { LIVES, type Life } from './lives.js';
import { Storefront } from './storefront.js';
import { showBooks, showLife } from './tables.js';

const HELP = `npm run demo: members live two years in seconds: a trial converts, a direct subscriber renews, one cancels inside
the cancellation period, one outside, one's card fails and recovers, one opts out. Nothing is kept.`;
const START = '2026-03-01T10:00:00.000Z';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(HELP);
    return;
  }
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vip-demo-'));
  const config = loadConfig({ PORT: '0', DATA_DIR: dataDir, TEST_CLOCK: 'on', TEST_CLOCK_START: START });
  console.log('starting PostgreSQL, the sandbox gateway, the API and the workers...');
  const entry = fileURLToPath(new URL('../sandbox-gateway/main.js', import.meta.url));
  const running = await startEverything(config, entry);
  try {
    await play(running, await Storefront.open(running, config));
  } finally {
    await running.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Everybody subscribes on the first day; then time goes on, stopping where somebody acts. */
async function play(running: Running, storefront: Storefront): Promise<void> {
  const members = new Map<Life, string>();
  for (const life of LIVES) members.set(life, await storefront.subscribe(life));
  const acts = LIVES.flatMap((life) => life.acts.map((act) => ({ life, ...act })));
  for (const { at, life, act } of acts.sort((a, b) => a.at.localeCompare(b.at))) {
    await storefront.clockTo(at);
    await act(storefront, members.get(life) ?? '');
  }
  await storefront.clockTo('2028-03-02T10:00:00.000Z');
  const movements = await storefront.movements(running);
  for (const [life, id] of members) showLife(life, await storefront.timeline(id), movements);
  const equal = showBooks(await storefront.books([...members.values()]), movements);
  if (!equal) throw new Error('Our books and the gateway disagree.');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
