/**
 * Reads source files and names every breach of the rules that keep the rooms apart. It decides nothing about
 * behaviour; `architecture.spec.ts` asks it about `src`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Line of each folder in the one order: a file imports its own folder and folders of a lower line only. */
export const RANKS: Readonly<Record<string, number>> = {
  domain: 1,
  platform: 2,
  markets: 3,
  agreements: 3,
  companies: 3,
  members: 3,
  notifications: 3,
  subscriptions: 4,
  cases: 4,
  ledger: 4,
  gateway: 5,
  benefits: 5,
  payments: 6,
  memberships: 7,
  signups: 7,
  refunds: 7,
  'add-ons': 8,
  trials: 8,
  renewals: 8,
  cancellations: 8,
  chargebacks: 8,
  sanctions: 8,
  transfers: 8,
  discontinuation: 9,
  invoices: 9,
  reconciliation: 9,
  reports: 9,
  entries: 10,
};

/** Imports nothing of the service, and nothing of the service imports it. */
const APART = 'sandbox-gateway';
const FORBIDDEN_WORDS = /^(util|helper|common|shared|misc|manager|base)s?$/;
const SUFFIXES = ['module', 'controller', 'processor', 'entity', 'store', 'filter', 'guard', 'dto', 'view'];
const LINES_MAX = 250;
const DEPENDENCIES_MAX = 6;
/** Where a class announces itself at the start; not something it works with. */
const REGISTRIES = ['RequestKinds'];

export interface Source {
  /** Relative to the project, with forward slashes: `src/payments/open-charge.ts`. */
  file: string;
  text: string;
}

export interface Rule {
  name: string;
  /** What is wrong with the file, one sentence each; empty when nothing is. */
  breaches(source: Source): string[];
}

export function readSources(root: string, folder = 'src'): Source[] {
  const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}

const ENTRY_FOLDERS = ['embedded', 'demo', 'cli'];

/** The files beside the rooms are one folder, with what they start: the embedded parts, the commands and the demo. */
function folderOf(file: string): string {
  const [, folder = '', rest] = file.split('/');
  return rest === undefined || ENTRY_FOLDERS.includes(folder) ? 'entries' : folder;
}

function isEntry(file: string): boolean {
  return RANKS[folderOf(file)] === RANKS.entries;
}

function parse({ file, text }: Source): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
}

function nodesOf(source: Source): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    node.forEachChild(visit);
  };
  visit(parse(source));
  return nodes;
}

/** Every module a file names: import, import type, export from, import(), typeof import(), require(). */
function importsOf(source: Source): string[] {
  return nodesOf(source).flatMap((node) => {
    let named: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) named = node.moduleSpecifier;
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) named = node.argument.literal;
    if (ts.isExternalModuleReference(node)) named = node.expression;
    if (ts.isCallExpression(node) && /^(import|require)$/.test(node.expression.getText())) named = node.arguments[0];
    return named !== undefined && ts.isStringLiteralLike(named) ? [named.text] : [];
  });
}

/** The files of the project a file names, `.js` read as `.ts`. */
function ownImportsOf(source: Source): string[] {
  return importsOf(source)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.posix.join(path.posix.dirname(source.file), name).replace(/\.js$/, '.ts'));
}

function importBreach(source: Source, target: string): string[] {
  const [from, to] = [folderOf(source.file), folderOf(target)];
  if (!target.startsWith('src/')) {
    const migrates = from === 'platform' && target.startsWith('migrations/');
    return migrates ? [] : [`imports ${target}, which is outside src`];
  }
  if (from === to) return [];
  if (from === APART || to === APART) return [`imports ${target}: ${APART} stands apart, neither imports the other`];
  const [own, other] = [RANKS[from], RANKS[to]];
  if (own === undefined) return [`its folder ${from} has no line in the order of rooms`];
  if (other === undefined) return [`imports ${target}: folder ${to} has no line in the order of rooms`];
  if (other === own) return [`imports ${target}: ${to} stands beside ${from}, on line ${own}`];
  return other > own ? [`imports ${target}: ${to} (line ${other}) stands below ${from} (line ${own})`] : [];
}

const order: Rule = {
  name: 'a file imports its own folder and folders on a lower line only',
  breaches(source) {
    const folder = folderOf(source.file);
    const known = folder === APART || RANKS[folder] !== undefined;
    const unknown = known ? [] : [`its folder ${folder} has no line in the order of rooms`];
    return [...unknown, ...ownImportsOf(source).flatMap((target) => importBreach(source, target))];
  },
};

const pureLaw: Rule = {
  name: 'the law imports no package and nothing of Node',
  breaches(source) {
    if (folderOf(source.file) !== 'domain') return [];
    const foreign = importsOf(source).filter((name) => !name.startsWith('.'));
    return foreign.map((name) => `imports ${name}; the law takes everything as arguments`);
  },
};

const ownInside: Rule = {
  name: 'entities, controllers and processors stay inside their room',
  breaches(source) {
    if (isEntry(source.file)) return [];
    return ownImportsOf(source)
      .filter((target) => /\.(entity|controller|processor)\.ts$/.test(target))
      .filter((target) => folderOf(target) !== folderOf(source.file))
      .map((target) => `imports ${target}; ask a use case or a store of ${folderOf(target)} instead`);
  },
};

const oneClock: Rule = {
  name: 'only the clock reads the time',
  breaches(source) {
    if (['src/platform/time/clock.ts', `src/${APART}/clock.ts`].includes(source.file)) return [];
    return nodesOf(source).flatMap((node) => {
      const bare = (ts.isNewExpression(node) || ts.isCallExpression(node)) && (node.arguments?.length ?? 0) === 0;
      const callee = bare ? node.expression.getText() : '';
      if (/^(Date|DateTime\.(utc|local))$/.test(callee)) return [`reads the time by ${node.getText()}`];
      // A stopwatch (`performance.now`) tells no time.
      const read = ts.isPropertyAccessExpression(node) ? node.getText() : '';
      return /^((globalThis\.)?Date|DateTime)\.now$/.test(read) ? [`reads the time by ${read}`] : [];
    });
  },
};

const oneConfig: Rule = {
  name: 'only the configuration reads the environment',
  breaches(source) {
    if (['src/platform/config.ts', `src/${APART}/config.ts`].includes(source.file)) return [];
    const reads = nodesOf(source)
      .filter((node) => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
      .map((node) => node.getText())
      .filter((text) => /^(globalThis\.)?process(\.env|\[['"]env['"]\])$/.test(text));
    const imports = importsOf(source).filter((name) => /^(node:)?process$/.test(name));
    return [...reads, ...imports].map((text) => `reads the environment by ${text}; ask the configuration`);
  },
};

const names: Rule = {
  name: 'a file is named by what it is: kebab-case, a known suffix, no catch-all word',
  breaches({ file }) {
    const [name = '', ...suffixes] = path.posix.basename(file, '.ts').split('.');
    const words = file.split(/[/.-]/).filter((word) => FORBIDDEN_WORDS.test(word));
    const unknown = suffixes.filter((suffix) => !SUFFIXES.includes(suffix));
    return [
      ...words.map((word) => `"${word}" says nothing; name it by what it does`),
      ...unknown.map((suffix) => `.${suffix} is none of the suffixes ${SUFFIXES.join(', ')}`),
      ...(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : [`"${name}" is not kebab-case`]),
    ];
  },
};

const size: Rule = {
  name: `a file has up to ${LINES_MAX} lines`,
  breaches({ text }) {
    const lines = text.trimEnd().split('\n').length;
    return lines > LINES_MAX ? [`has ${lines} lines; it decides more than one thing`] : [];
  },
};

const opening: Rule = {
  name: 'a file opens with a comment',
  breaches: ({ text }) => (/^\/[/*]/.test(text) ? [] : ['opens without saying what it decides']),
};

const dependencies: Rule = {
  name: `a use case has up to ${DEPENDENCIES_MAX} dependencies`,
  breaches(source) {
    if (/\.(controller|processor|module)\.ts$/.test(source.file)) return [];
    return nodesOf(source)
      .filter((node) => ts.isConstructorDeclaration(node))
      .flatMap((constructor) => {
        const types = constructor.parameters.map((parameter) => parameter.type?.getText() ?? '');
        const needed = types.filter((type) => !REGISTRIES.includes(type));
        const owner = constructor.parent.name?.getText() ?? 'a class';
        if (needed.length <= DEPENDENCIES_MAX) return [];
        return [`${owner} has ${needed.length} dependencies: ${needed.join(', ')}`];
      });
  },
};

/** Words of Stripe's: its name, ids, statuses, codes, events and headers. */
const STRIPE_WORDS =
  /stripe|\b(pm|pi|seti|cus|du|re|ch|evt|txn|whsec|sk|rk)_[a-z]|payment_intent|setup_intent|charge\.dispute\.|requires_(action|payment)|decline_code|advice_code|card_error|invalid_request_error|resource_missing/i;
/**
 * Where they may stand: the adapter, the sandbox, the settings, what starts the sandbox or shows how to use it, and the
 * columns of its settlement file.
 */
const STRIPE_PLACES =
  /^src\/(gateway\/stripe\/|sandbox-gateway\/|platform\/(config|preflight)\.ts|gateway\/(gateway\.module|sandbox-clock)\.ts|embedded\/|demo\/|main\.ts|reconciliation\/(formats|stripe-format)\.ts)/;

const oneAdapter: Rule = {
  name: "Stripe's words stay with its adapter",
  breaches({ file, text }) {
    if (STRIPE_PLACES.test(file)) return [];
    return text.split('\n').flatMap((line, index) => {
      const word = STRIPE_WORDS.exec(line)?.[0];
      return word === undefined ? [] : [`says "${word}" on line ${index + 1}`];
    });
  },
};

/** Tables that no entity maps: written and read in SQL by their room alone. */
const TABLES_WITHOUT_ENTITY: Readonly<Record<string, string>> = {
  idempotency_keys: 'platform',
  test_clock: 'platform',
  trial_offer_users: 'markets',
  month_closes: 'ledger',
  add_on_charges: 'add-ons',
  dispute_looks: 'chargebacks',
  discontinuation_approvals: 'discontinuation',
  document_counters: 'invoices',
  undocumented_facts: 'invoices',
  break_resolutions: 'reconciliation',
  settlement_lines: 'reconciliation',
  settlement_pulls: 'reconciliation',
};

/** The room each table belongs to: that of its entity, or as listed. */
export function tableOwners(sources: readonly Source[]): Map<string, string> {
  const owners = new Map(Object.entries(TABLES_WITHOUT_ENTITY));
  for (const { file, text } of sources) {
    for (const [, table = ''] of text.matchAll(/^@Entity\('(\w+)'\)/gm)) owners.set(table, folderOf(file));
  }
  return owners;
}

/** SQL names tables in these places; an alias or a column of the same name stands elsewhere. */
const TABLE_PLACES = /\b(?:from|join|into|update|lock table|using|table:\s*)\s*[('"]?(\w+)/g;

/** Tables follow the order of imports: SQL names those of its own room and of rooms on lower lines. Reports read all. */
export function tableBreaches(source: Source, owners: ReadonlyMap<string, string>): string[] {
  const folder = folderOf(source.file);
  if (folder === APART || folder === 'reports' || isEntry(source.file)) return [];
  const own = RANKS[folder] ?? 0;
  const texts = nodesOf(source)
    .filter((node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node))
    .filter((node) => !ts.isTypeNode(node.parent))
    .map((node) => (ts.isPropertyAssignment(node.parent) ? node.parent.getText() : node.getText()));
  const named = texts.flatMap((text) => [...text.matchAll(TABLE_PLACES)].map(([, table = '']) => table));
  return [...new Set(named)].flatMap((table) => {
    const owner = owners.get(table);
    const rank = RANKS[owner ?? ''] ?? 0;
    if (owner === undefined || owner === folder || rank < own) return [];
    return [`names the table ${table} of ${owner} (line ${rank}), which is not above ${folder} (line ${own})`];
  });
}

/** Files that import each other in a ring, types included; one ring per entry, none when all is well. */
export function circlesOf(sources: readonly Source[]): string[] {
  const imports = new Map(sources.map((source) => [source.file, ownImportsOf(source)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: string[]): void => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const { file } of sources) visit(file, []);
  return circles;
}

/** Packages a file imports, without Node's own: `@nestjs/common`, `pg`. */
export function packagesOf(source: Source): string[] {
  return importsOf(source)
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

export const RULES = [order, pureLaw, ownInside, oneClock, oneConfig, names, size, opening, dependencies, oneAdapter];
