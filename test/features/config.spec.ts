/** What the service refuses to start with: settings, market files and rules that cannot be right. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { createApi } from '../../src/application.js';
import { Config, CONFIG_KEYS, loadConfig } from '../../src/platform/config.js';
import { createDatabase, dropDatabases } from '../support/database.js';
import { migratedTemplate } from '../support/migrated-template.js';

let folder: string;
let database: pg.Pool;
let config: Config;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vip-config-'));
  const DATABASE_URL = await createDatabase('config', await migratedTemplate());
  database = new pg.Pool({ connectionString: DATABASE_URL, max: 1 });
  const own = { DATABASE_URL, DATA_DIR: folder, MARKETS_DIR: path.join(folder, 'markets'), LOG_LEVEL: 'silent' };
  config = Object.assign(new Config(), own);
});
beforeEach(async () => {
  await rm(config.MARKETS_DIR, { recursive: true, force: true });
  await cp('markets', config.MARKETS_DIR, { recursive: true });
});
afterAll(async () => {
  await database.end();
  await dropDatabases();
  await rm(folder, { recursive: true, force: true });
});

/** Starts once on the market files of this test and stops again; what the start throws is thrown here. */
async function start(): Promise<void> {
  const app = await createApi(config);
  try {
    await app.init();
  } finally {
    await app.close();
  }
}

interface MarketJson {
  currency: string;
  rulePacks: {
    version: number;
    effectiveFrom: string;
    numbers: Record<string, { value: unknown; source?: string }>;
    benefits: object[];
  }[];
  prices: { amount: unknown; effectiveFrom: string; source: string }[];
  addOns: { code: string; price: unknown; effectiveFrom: string; source: string }[];
}

async function edit(file: string, change: (json: MarketJson) => void): Promise<void> {
  const at = path.join(config.MARKETS_DIR, file);
  const json = JSON.parse(await readFile(at, 'utf8')) as MarketJson;
  change(json);
  await writeFile(at, JSON.stringify(json));
}

describe('settings', () => {
  const good = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://vip@db.internal/vip',
    AUTH_JWKS_URL: 'https://id.internal/keys',
    STRIPE_API_KEY: 'sk_live_1',
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
  };

  it('are all in .env.example with their defaults, each under a line that explains it', async () => {
    const lines = (await readFile('.env.example', 'utf8')).split('\n');
    const settings = lines.filter((line) => /^[A-Z_]+=/.test(line));
    const keys = settings.map((line) => line.slice(0, line.indexOf('=')));
    expect([...keys].sort()).toEqual([...CONFIG_KEYS].sort());
    for (const setting of settings) expect(lines[lines.indexOf(setting) - 1]).toMatch(/^# \S/);
    const pairs = settings.map(
      (line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const,
    );
    expect(loadConfig(Object.fromEntries(pairs))).toEqual(new Config());
  });

  it('are refused all at once', () => {
    const bad = {
      PORT: 'many',
      DATABASE_URL: 'nowhere',
      REDIS_URL: 'http://x',
      TEST_CLOCK: 'maybe',
      LOG_LEVEL: 'loud',
    };
    const start = (): Config => loadConfig({ ...bad, POLL_EVERY_MS: '1', TEST_CLOCK_START: 'soon' });
    for (const key of [...Object.keys(bad), 'POLL_EVERY_MS', 'TEST_CLOCK_START', '.env.example']) {
      expect(start).toThrow(key);
    }
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['TEST_CLOCK', { TEST_CLOCK: 'on' }],
    ['DATABASE_URL', { DATABASE_URL: undefined }],
    ['AUTH_JWKS_URL', { AUTH_JWKS_URL: '' }],
    ['STRIPE_API_KEY', { STRIPE_API_KEY: undefined }],
    ['STRIPE_API_KEY', { STRIPE_API_KEY: 'sk_test_sandbox' }],
    ['STRIPE_API_KEY', { STRIPE_API_KEY: 'change-me' }],
    ['STRIPE_WEBHOOK_SECRET', { STRIPE_WEBHOOK_SECRET: undefined }],
    ['STRIPE_WEBHOOK_SECRET', { STRIPE_WEBHOOK_SECRET: 'change-me' }],
  ])('are refused in production for %s %j', (key, change) => {
    expect(loadConfig(good).NODE_ENV).toBe('production');
    expect(() => loadConfig({ ...good, ...change })).toThrow(key);
  });
});

describe('market files', () => {
  const pack = (json: MarketJson): MarketJson['rulePacks'][number] => json.rulePacks[0]!;

  it.each<[string, string, (json: MarketJson) => void]>([
    ['a negative number', 'rulePacks.0.numbers.trialDays.value', (json) => (pack(json).numbers.trialDays!.value = -1)],
    [
      'a fraction',
      'rulePacks.0.numbers.renewalGraceDays.value',
      (json) => (pack(json).numbers.renewalGraceDays!.value = 1.5),
    ],
    [
      'a number as text',
      'rulePacks.0.numbers.priceNoticeDays.value',
      (json) => (pack(json).numbers.priceNoticeDays!.value = '30'),
    ],
    [
      'another paid term',
      'rulePacks.0.numbers.paidTermDays.value',
      (json) => (pack(json).numbers.paidTermDays!.value = 366),
    ],
    [
      'a number without its source',
      'rulePacks.0.numbers.trialDays.source',
      (json) => delete pack(json).numbers.trialDays!.source,
    ],
    ['a missing number', 'rulePacks.0.numbers.coolingOff.value', (json) => delete pack(json).numbers.coolingOff],
    [
      'a bad zone',
      'rulePacks.0.numbers.timeZone.value',
      (json) => (pack(json).numbers.timeZone!.value = 'Europe/Atlantis'),
    ],
    ['an unknown field', 'rulePacks.0.numbers.surprise', (json) => (pack(json).numbers.surprise = { value: 1 })],
    [
      'a notice window that is none',
      'rulePacks.0.numbers.renewalRequiresNotice',
      (json) => Object.assign(pack(json).numbers, { renewalRequiresNotice: null }),
    ],
    [
      'a notice window that ends before it begins',
      'rulePacks.0.numbers.renewalRequiresNotice.value.maxDays',
      (json) => {
        pack(json).numbers.renewalRequiresNotice = { value: { minDays: 15, maxDays: 14 }, source: 'a test' };
      },
    ],
    [
      'a notice window of no day before the end',
      'rulePacks.0.numbers.renewalRequiresNotice.value.maxDays',
      (json) => {
        pack(json).numbers.renewalRequiresNotice = { value: { minDays: 0, maxDays: 0 }, source: 'a test' };
      },
    ],
    [
      'a notice at the very end',
      'rulePacks.0.numbers.renewalNoticeDays.value',
      (json) => Object.assign(pack(json).numbers, { renewalNoticeDays: { value: [7, 0], source: 'a test' } }),
    ],
    [
      'a notice window without its source',
      'rulePacks.0.numbers.renewalRequiresNotice.source',
      (json) => (pack(json).numbers.renewalRequiresNotice = { value: { minDays: 15, maxDays: 45 } }),
    ],
    [
      'a refund deadline that is none',
      'rulePacks.0.numbers.refundDeadlineDays.value',
      (json) => (pack(json).numbers.refundDeadlineDays = { value: -1, source: 'a test' }),
    ],
    [
      'a refund deadline without its source',
      'rulePacks.0.numbers.refundDeadlineDays.source',
      (json) => (pack(json).numbers.refundDeadlineDays = { value: 14 }),
    ],
    ['an unknown field at the top', 'surprise', (json) => Object.assign(json, { surprise: 1 })],
    ['no rule pack', 'rulePacks', (json) => (json.rulePacks = [])],
    ['rule packs that are none', 'rulePacks', (json) => Object.assign(json, { rulePacks: 'none' })],
    ['overlapping rule packs', 'rulePacks', (json) => json.rulePacks.push({ ...pack(json), version: 2 })],
    [
      'two packs of one version',
      'rulePacks',
      (json) => json.rulePacks.push({ ...pack(json), effectiveFrom: '2030-01-01T00:00:00.000Z' }),
    ],
    ['overlapping prices', 'prices', (json) => json.prices.push({ ...json.prices[0]!, amount: 1 })],
    ['a negative price', 'prices.0.amount', (json) => (json.prices[0]!.amount = -1)],
    ['a fractional price', 'prices.0.amount', (json) => (json.prices[0]!.amount = 49.99)],
    ['a negative add-on price', 'addOns.0.price', (json) => (json.addOns[0]!.price = -1)],
    ['overlapping add-ons', 'addOns', (json) => json.addOns.push({ ...json.addOns[0]!, price: 1 })],
    ['an add-on named like a benefit', 'addOns', (json) => (json.addOns[0]!.code = 'coupon')],
    [
      'a validity of no days',
      'rulePacks.0.benefits.0.validDays',
      (json) => Object.assign(pack(json).benefits[0]!, { validDays: 0 }),
    ],
    ['an unknown currency', 'currency', (json) => (json.currency = 'XYZ')],
    ['another country', 'country', (json) => Object.assign(json, { country: 'FR' })],
  ])('with %s stop the start and name file and field', async (_, field, change) => {
    await edit('ES.json', change);
    const told = await start().then(String, (error: Error) => error.message);
    expect(told).toContain('ES.json');
    expect(told).toContain(`- ${field}: `);
  });

  it.each([
    ['ES.json', '{'],
    ['ES.json', 'null'],
    ['ES.json', '[]'],
    ['agreement.json', '{'],
    ['agreement.json', '{"version":"1","text":""}'],
  ])('%s with %j stops the start', async (file, text) => {
    await writeFile(path.join(config.MARKETS_DIR, file), text);
    await expect(start()).rejects.toThrow(`${file} cannot be used`);
  });

  it('load once: a second start changes nothing, and what was published cannot be changed', async () => {
    await start();
    const published = await readPublished();
    await start();
    expect(await readPublished()).toEqual(published);
    const refused: [string, (json: MarketJson) => void][] = [
      ['ES.json', (json) => (pack(json).numbers.trialDays!.value = 31)],
      ['ES.json', (json) => pack(json).benefits.pop()],
      ['ES.json', (json) => (pack(json).effectiveFrom = '2023-11-02T00:00:00.000Z')],
      ['ES.json', (json) => (json.prices[0]!.amount = 5000)],
      ['ES.json', (json) => (json.currency = 'USD')],
      ['ES.json', (json) => (json.addOns[0]!.price = 991)],
      ['agreement.json', (json) => Object.assign(json, { text: 'another agreement' })],
    ];
    for (const [file, change] of refused) {
      const original = await readFile(path.join(config.MARKETS_DIR, file));
      await edit(file, change);
      await expect(start()).rejects.toThrow('What is published never changes');
      await writeFile(path.join(config.MARKETS_DIR, file), original);
    }
    expect(await readPublished()).toEqual(published);
    const next = { version: 2, effectiveFrom: '2030-01-01T00:00:00.000Z' };
    await edit('ES.json', (json: MarketJson) => json.rulePacks.push({ ...pack(json), ...next }));
    await start();
    expect((await readPublished()).rule_packs).toHaveLength(published.rule_packs!.length + 1);
  });
});

async function readPublished(): Promise<Record<string, object[]>> {
  const rows = ['markets', 'rule_packs', 'prices', 'agreements'].map(
    async (table) => [table, (await database.query<object>(`select * from ${table} order by 1, 2`)).rows] as const,
  );
  return Object.fromEntries(await Promise.all(rows));
}
