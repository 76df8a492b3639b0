/**
 * Holds `src` to the order of its rooms and the few rules that keep it readable. Each rule is also shown a source that
 * breaks it, so that none can pass by looking at nothing. Length of functions is ESLint's.
 */
import path from 'node:path';
import { readFileSync } from 'node:fs';
import {
  circlesOf,
  packagesOf,
  RANKS,
  readSources,
  RULES,
  tableBreaches,
  tableOwners,
  type Source,
} from './support/source-rules.js';

const root = path.resolve(__dirname, '..');

function breachesOf(source: Source): string[] {
  return RULES.flatMap((rule) => rule.breaches(source).map((breach) => `${source.file}: ${breach} [${rule.name}]`));
}

describe('src keeps the rule', () => {
  const sources = readSources(root);

  it('reads all of src', () => {
    expect(sources.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['src/app.module.ts', 'src/domain/moves.ts', 'src/sandbox-gateway/clock.ts']),
    );
    expect(sources.length).toBeGreaterThan(100);
  });

  it('no circle of files', () => expect(circlesOf(sources)).toEqual([]));

  it('a table is named by its own room and by rooms on higher lines only', () => {
    const owners = tableOwners(sources);
    const breaches = sources.flatMap((source) =>
      tableBreaches(source, owners).map((breach) => `${source.file}: ${breach}`),
    );
    expect(breaches).toEqual([]);
    const made = readFileSync(path.join(root, 'migrations/schema.txt'), 'utf8').matchAll(/^table (\w+)/gm);
    expect([...made].map(([, table = '']) => table).filter((table) => !owners.has(table))).toEqual([]);
  });

  it.each(RULES)('$name', (rule) => {
    const breaches = sources.flatMap((source) => rule.breaches(source).map((breach) => `${source.file}: ${breach}`));
    expect(breaches).toEqual([]);
  });
});

describe('a rule refuses what breaks it', () => {
  const words = (count: number): string =>
    Array.from({ length: count }, (_, n) => `private readonly a${n}: A${n}`).join(', ');
  const broken: [what: string, file: string, code: string, breach: RegExp][] = [
    ['a room below', 'src/payments/a.ts', `import '../refunds/b.js';`, /refunds \(line 7\) stands below payments/],
    [
      'a room beside',
      'src/benefits/wing/a.ts',
      `import type { B } from '../../gateway/b.js';`,
      /stands beside benefits, on line 5/,
    ],
    ['an entry', 'src/domain/a.ts', `export * from '../main.js';`, /entries \(line 10\) stands below domain/],
    ['a lazy import', 'src/markets/a.ts', `const b = await import('../cases/b.js');`, /cases \(line 4\) stands below/],
    ['an import type', 'src/markets/a.ts', `let b: import('../cases/b.js').B;`, /cases \(line 4\) stands below/],
    ['an unknown room', 'src/odds/a.ts', ``, /folder odds has no line/],
    ['an unknown room imported', 'src/payments/a.ts', `import '../odds/b.js';`, /folder odds has no line/],
    ['the sandbox imported', 'src/main.ts', `import './sandbox-gateway/b.js';`, /stands apart/],
    ['the sandbox importing', 'src/sandbox-gateway/a.ts', `import '../domain/money.js';`, /stands apart/],
    ['a test imported', 'src/payments/a.ts', `import '../../test/support/b.js';`, /outside src/],
    ['a package in the law', 'src/domain/a.ts', `import { DateTime } from 'luxon';`, /imports luxon/],
    ['Node in the law', 'src/domain/a.ts', `import { randomUUID } from 'node:crypto';`, /imports node:crypto/],
    [
      'a foreign entity',
      'src/refunds/a.ts',
      `import type { E } from '../payments/b.entity.js';`,
      /ask a use case or a store/,
    ],
    ['a foreign controller', 'src/refunds/a.ts', `import { C } from '../payments/b.controller.js';`, /ask a use case/],
    ['a foreign processor', 'src/refunds/a.ts', `import { P } from '../payments/b.processor.js';`, /ask a use case/],
    ['the time, new', 'src/payments/a.ts', `const now = new Date();`, /reads the time by new Date\(\)/],
    ['the time, now', 'src/payments/a.ts', `const now = Date.now;`, /reads the time by Date\.now/],
    ['the time, luxon', 'src/payments/a.ts', `const now = DateTime.utc();`, /reads the time by DateTime\.utc\(\)/],
    ['the environment', 'src/payments/a.ts', `const { HOME } = process.env;`, /environment by process\.env/],
    [
      'the environment, index',
      'src/payments/a.ts',
      `const e = process['env'].HOME;`,
      /environment by process\['env'\]/,
    ],
    [
      'the environment, import',
      'src/payments/a.ts',
      `import { env } from 'node:process';`,
      /environment by node:process/,
    ],
    ['a catch-all word', 'src/payments/date-utils.ts', ``, /"utils" says nothing/],
    ['a catch-all folder', 'src/shared/a.ts', ``, /"shared" says nothing/],
    ['an unknown suffix', 'src/payments/a.service.ts', ``, /\.service is none of the suffixes/],
    ['a name in capitals', 'src/payments/openCharge.ts', ``, /"openCharge" is not kebab-case/],
    ['a long file', 'src/payments/a.ts', `a();\n`.repeat(250), /has 251 lines/],
    [
      'a code of Stripe',
      'src/payments/a.ts',
      `if (code === 'resource_missing') a();`,
      /says "resource_missing" on line 2/,
    ],
    ['an id of Stripe', 'src/domain/a.ts', `const method = 'pm_card_visa';`, /says "pm_c" on line 2/],
    ['many dependencies', 'src/payments/a.ts', `class A { constructor(${words(7)}) {} }`, /A has 7 dependencies: A0, /],
  ];

  it.each(broken)('%s', (_, file, code, breach) => {
    const breaches = breachesOf({ file, text: `/** Decides nothing. */\n${code}` });
    expect(breaches).toEqual(expect.arrayContaining([expect.stringMatching(breach)]));
  });

  it('a file without an opening comment', () => {
    expect(breachesOf({ file: 'src/payments/a.ts', text: 'export const a = 1;' })).toEqual([
      'src/payments/a.ts: opens without saying what it decides [a file opens with a comment]',
    ]);
  });

  const allowed: [what: string, file: string, code: string][] = [
    ['rooms on lower lines', 'src/refunds/a.ts', `import '../payments/b.js'; import './c.entity.js';`],
    [
      'every room, from an entry',
      'src/app.module.ts',
      `import './payments/b.controller.js'; import './application.js';`,
    ],
    ['every room, from the demo', 'src/demo/a.ts', `import '../signups/b.js'; import '../embedded/everything.js';`],
    ['migrations, from platform', 'src/platform/a.ts', `import '../../migrations/1-a.js'; import pg from 'pg';`],
    ['the clocks', 'src/platform/time/clock.ts', `const now = new Date(); Date.now();`],
    ['the configurations', 'src/sandbox-gateway/config.ts', `const { HOME } = process.env;`],
    ['dates that are given', 'src/payments/a.ts', `const at = new Date(0); process.exit(1); performance.now();`],
    ['a word inside a word', 'src/platform/database/database.ts', ``],
    ['a full file', 'src/payments/a.ts', `a();\n`.repeat(249)],
    ['a registration', 'src/payments/a.ts', `class A { constructor(k: RequestKinds, ${words(6)}) {} }`],
    ['a wide edge', 'src/payments/a.controller.ts', `class A { constructor(${words(9)}) {} }`],
  ];

  it.each(allowed)('but not %s', (_, file, code) => {
    expect(breachesOf({ file, text: `// Decides nothing.\n${code}` })).toEqual([]);
  });
});

describe('circles and tables', () => {
  it('a ring of files is named', () => {
    const ring: Source[] = [
      { file: 'src/cases/a.ts', text: `import { B } from './b.js';` },
      { file: 'src/cases/b.ts', text: `import type { C } from '../ledger/c.js';` },
      { file: 'src/ledger/c.ts', text: `import { A } from '../cases/a.js';` },
    ];
    expect(circlesOf(ring)).toEqual(['src/cases/a.ts → src/cases/b.ts → src/ledger/c.ts → src/cases/a.ts']);
    expect(circlesOf(ring.slice(1))).toEqual([]);
  });

  const owners = new Map([
    ['charges', 'payments'],
    ['subscriptions', 'subscriptions'],
    ['cases', 'cases'],
  ]);
  it.each<[what: string, file: string, code: string, breaches: number]>([
    ['of a room below', 'src/subscriptions/a.ts', `const s = 'select 1 from charges';`, 1],
    ['of a room beside', 'src/ledger/a.ts', 'const s = `update t set a = 1 from x join subscriptions s on ${a}`;', 1],
    ['in a declaration', 'src/cases/a.ts', `const job = { table: 'charges' };`, 1],
    ['of a room above', 'src/refunds/a.ts', `const s = 'insert into charges (id) select id from subscriptions';`, 0],
    ['its own', 'src/cases/a.ts', `const s = 'delete from cases';`, 0],
    ['read by reports', 'src/reports/a.ts', `const s = 'select from charges';`, 0],
    ['only as a word', 'src/cases/a.ts', `const s = 'the charges of a member';`, 0],
  ])('a table %s', (_, file, text, breaches) => {
    expect(tableBreaches({ file, text }, owners)).toHaveLength(breaches);
  });
});

describe('package.json', () => {
  interface Packages {
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
    devDependencies: Record<string, string>;
    overrides: Record<string, unknown>;
  }
  const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  ) as Packages;

  it('names exact versions', () => {
    const all = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  const imported = (folder: string): string[] => [...new Set(readSources(root, folder).flatMap(packagesOf))];
  it('declares what the service imports', () => {
    const declared = { ...dependencies, ...optionalDependencies };
    expect([...imported('src'), ...imported('migrations')].filter((name) => !(name in declared))).toEqual([]);
  });
  it('declares what tests and benches import', () => {
    const declared = { ...dependencies, ...optionalDependencies, ...devDependencies };
    expect([...imported('test'), ...imported('bench')].filter((name) => !(name in declared))).toEqual([]);
  });
});

describe('the order of rooms', () => {
  const lines = [
    ['domain'],
    ['platform'],
    ['agreements', 'companies', 'markets', 'members', 'notifications'],
    ['cases', 'ledger', 'subscriptions'],
    ['benefits', 'gateway'],
    ['payments'],
    ['memberships', 'refunds', 'signups'],
    ['add-ons', 'cancellations', 'chargebacks', 'renewals', 'sanctions', 'transfers', 'trials'],
    ['discontinuation', 'invoices', 'reconciliation', 'reports'],
    ['entries'],
  ];

  it.each(lines.map((rooms, at) => [at + 1, rooms] as const))('line %i: %j', (line, rooms) => {
    const there = Object.keys(RANKS).filter((room) => RANKS[room] === line);
    expect(there.sort()).toEqual(rooms);
  });
});
