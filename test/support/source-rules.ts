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
  members: 3,
  entities: 3,
  subscriptions: 4,
  cases: 4,
  ledger: 4,
  notifications: 4,
  benefits: 5,
  payments: 5,
  refunds: 6,
  'add-ons': 7,
  signups: 7,
  trials: 7,
  renewals: 7,
  cancellations: 7,
  chargebacks: 7,
  sanctions: 7,
  transfers: 7,
  discontinuation: 8,
  invoices: 8,
  reconciliation: 8,
  reports: 8,
  entries: 9,
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

export function readSources(root: string): Source[] {
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join('src', file.split(path.sep).join('/')))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}

/** The files beside the rooms are one folder, with the commands and the demo, which starts what they start. */
function folderOf(file: string): string {
  const [, folder = '', rest] = file.split('/');
  return rest === undefined || folder === 'demo' || folder === 'cli' ? 'entries' : folder;
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
    if (['src/platform/clock.ts', `src/${APART}/clock.ts`].includes(source.file)) return [];
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

export const RULES = [order, pureLaw, ownInside, oneClock, oneConfig, names, size, opening, dependencies];
