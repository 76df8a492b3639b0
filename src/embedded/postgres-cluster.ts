// Decides how the data folder of the embedded PostgreSQL comes to be: whole or not at all, with one password that is
// kept beside it. It never starts a server and never deletes a folder that may hold data.
import { randomBytes } from 'node:crypto';
import { access, chown, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../platform/error-code.js';
import type { PostgresAccount } from './postgres-account.js';

export const superuser = 'postgres';

const attemptPrefix = '.postgres-init-';
const ownAttempts = new Set<string>();

export interface ClusterPlace {
  readonly dataFolder: string;
  /** What PostgreSQL calls its data directory. */
  readonly clusterFolder: string;
  readonly passwordFile: string;
}

export function clusterPlace(dataFolder: string): ClusterPlace {
  return {
    dataFolder,
    clusterFolder: path.join(dataFolder, 'postgres'),
    passwordFile: path.join(dataFolder, 'postgres-password'),
  };
}

/** Makes the cluster when there is none or only half of one, and returns the password of its superuser. */
export async function ensureCluster(
  place: ClusterPlace,
  account: PostgresAccount,
  initdb: string,
  durable: boolean,
  log: (line: string) => void,
): Promise<string> {
  const complete = await isComplete(place.clusterFolder);
  const password = await ensurePassword(place, complete);
  if (complete) return password;
  await removeDeadAttempts(place.dataFolder);
  await setHalfClusterAside(place.clusterFolder, log);
  await initialise(place, account, initdb, password, durable);
  return password;
}

async function isComplete(clusterFolder: string): Promise<boolean> {
  return (
    (await exists(path.join(clusterFolder, 'PG_VERSION'))) && exists(path.join(clusterFolder, 'global/pg_control'))
  );
}

async function ensurePassword({ passwordFile, clusterFolder }: ClusterPlace, complete: boolean): Promise<string> {
  if (!(await exists(passwordFile))) {
    if (complete) {
      throw new Error(
        `The database folder ${clusterFolder} exists but its password file ${passwordFile} is gone. ` +
          'Put the file back (from a backup), or choose another DATA_DIR.',
      );
    }
    const draft = `${passwordFile}.${randomBytes(6).toString('hex')}`;
    await writeFile(draft, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // A link never replaces: of two starts at once the first one's password holds for both.
    await link(draft, passwordFile).catch(ignore('EEXIST'));
    await rm(draft, { force: true });
  }
  const password = (await readFile(passwordFile, 'utf8')).trim();
  if (!password) throw new Error(`The password file ${passwordFile} is empty`);
  return password;
}

async function initialise(
  place: ClusterPlace,
  account: PostgresAccount,
  initdb: string,
  password: string,
  durable: boolean,
): Promise<void> {
  const attempt = path.join(place.dataFolder, `${attemptPrefix}${process.pid}-${randomBytes(6).toString('hex')}`);
  const cluster = path.join(attempt, 'cluster');
  const passwordFile = path.join(attempt, 'password');
  ownAttempts.add(attempt);
  try {
    await mkdir(attempt, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account.owner) {
      await chown(passwordFile, account.owner.uid, account.owner.gid);
      await chown(attempt, account.owner.uid, account.owner.gid);
    }
    const { code, output } = await account.run(initdb, [
      ...['-D', cluster, '-U', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
      ...(durable ? [] : ['--no-sync']),
    ]);
    if (code !== 0) throw new Error(`Cannot create the database folder (initdb ended with ${code}):\n${output}`);
    // A rename never replaces a folder with content: of two starts at once the first one's cluster holds for both.
    await rename(cluster, place.clusterFolder).catch(ignore('ENOTEMPTY', 'EEXIST'));
    if (durable) await flushFolder(place.dataFolder);
  } finally {
    await rm(attempt, { recursive: true, force: true, maxRetries: 3 });
    ownAttempts.delete(attempt);
  }
}

/** Only the rename above makes a cluster here, so a half one is damage; it is kept for inspection. */
async function setHalfClusterAside(clusterFolder: string, log: (line: string) => void): Promise<void> {
  const entries = await readdir(clusterFolder).catch(() => []);
  if (entries.length === 0) return;
  const aside = `${clusterFolder}.incomplete-${randomBytes(6).toString('hex')}`;
  await rename(clusterFolder, aside).catch(ignore('ENOENT'));
  log(`${clusterFolder} was not a complete database folder: it was moved to ${aside} and is made anew`);
}

async function removeDeadAttempts(dataFolder: string): Promise<void> {
  for (const name of await readdir(dataFolder)) {
    const attempt = path.join(dataFolder, name);
    if (!name.startsWith(attemptPrefix) || ownAttempts.has(attempt)) continue;
    const pid = Number.parseInt(name.slice(attemptPrefix.length), 10);
    // Our own id on an attempt that is not ours: an earlier life of a container, where ids repeat.
    if (pid !== process.pid && processExists(pid)) continue;
    await rm(attempt, { recursive: true, force: true, maxRetries: 3 });
  }
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
    throw error;
  }
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (codes.includes(codeOf(error))) return;
    throw error;
  };
}
