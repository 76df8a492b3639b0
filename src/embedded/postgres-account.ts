// Decides as which operating system user the embedded PostgreSQL runs, because PostgreSQL refuses to run as root, and
// runs its programs as that user. It never opens a folder of somebody else: a folder in the way is passed with two
// file capabilities where Linux allows that, or named in the error.
import { spawn } from 'node:child_process';
import { chmod, stat } from 'node:fs/promises';
import path from 'node:path';

export interface ProgramResult {
  readonly code: number;
  readonly output: string;
}

export interface PostgresAccount {
  /** Absent when PostgreSQL runs as the user of this process. */
  readonly owner?: Identity;
  run(program: string, args: readonly string[]): Promise<ProgramResult>;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

const programTimeoutMs = 180_000;
const outputMax = 8_000;
// A clean environment: PGPORT, PGDATA, LANG and the like of the caller must not reach the server, and messages that
// are looked at must be English.
const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };
const capabilities = '+dac_override,+dac_read_search';
// Prints the first path this user cannot enter (folder) or read (file).
const probeScript =
  'for p; do if [ -d "$p" ]; then [ -x "$p" ]; else [ -r "$p" ]; fi || { printf %s "$p"; exit 1; }; done';

/** Chooses the account for a data folder that exists; `needed` are the files of the binaries. */
export async function choosePostgresAccount(
  dataFolder: string,
  clusterFolder: string,
  needed: readonly string[],
  log: (line: string) => void,
): Promise<PostgresAccount> {
  const uid = process.getuid?.() ?? -1;
  const clusterOwner = await ownerOf(clusterFolder);
  if (uid !== 0) {
    if (clusterOwner && clusterOwner.uid !== uid) {
      throw new Error(
        `The database folder ${clusterFolder} belongs to user ${clusterOwner.uid}, this process runs as user ${uid}. ` +
          'Start it as the user who started it first, or choose another DATA_DIR.',
      );
    }
    return { run: (program, args) => runProgram(program, args) };
  }
  // A cluster can only be run by its owner, so who made it decides, whatever accounts exist today.
  const owner =
    clusterOwner && clusterOwner.uid !== 0
      ? clusterOwner
      : ((await lookUp('postgres')) ?? (await lookUp('nobody')) ?? missingAccount());
  await openOwnFolder(dataFolder);
  return chooseWayIn(owner, [...withFoldersAbove([dataFolder, ...needed])], log);
}

async function chooseWayIn(
  owner: Identity,
  paths: readonly string[],
  log: (line: string) => void,
): Promise<PostgresAccount> {
  const probe = ['-c', probeScript, 'sh', ...paths];
  const plain: PostgresAccount = { owner, run: (program, args) => runProgram(program, args, owner) };
  const first = await plain.run('/bin/sh', probe);
  if (first.code === 0) return plain;
  const closed = first.output || 'a folder on the way';
  if (process.platform === 'linux') {
    const capable: PostgresAccount = { owner, run: (program, args) => runWithCapabilities(program, args, owner) };
    const second = await capable.run('/bin/sh', probe).catch(() => undefined);
    if (second?.code === 0) {
      log(`user ${owner.name} cannot enter ${closed}: PostgreSQL runs with the capabilities ${capabilities}`);
      return capable;
    }
  }
  throw new Error(
    `This process runs as root, so PostgreSQL has to run as user ${owner.name}, who cannot enter ${closed}. ` +
      `Choose another DATA_DIR (or place of the program), or allow it (chmod o+x ${closed}), ` +
      'or run this process as another user than root.',
  );
}

/** Every path with all folders above it, from the top down, each once. */
function withFoldersAbove(paths: readonly string[]): Set<string> {
  const all = new Set<string>();
  for (const one of paths) {
    const chain: string[] = [one];
    for (let folder = path.dirname(one); folder !== chain[0]; folder = path.dirname(folder)) chain.unshift(folder);
    chain.forEach((link) => all.add(link));
  }
  return all;
}

async function openOwnFolder(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  if (uid === 0 && (mode & 0o001) === 0) await chmod(folder, (mode & 0o7777) | 0o001);
}

async function ownerOf(folder: string): Promise<Identity | undefined> {
  try {
    const { uid, gid } = await stat(folder);
    return { uid, gid, name: String(uid) };
  } catch {
    return undefined;
  }
}

async function lookUp(name: string): Promise<Identity | undefined> {
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output), name };
}

function missingAccount(): never {
  throw new Error(
    'This process runs as root and the system has neither a user "postgres" nor "nobody" to run PostgreSQL as. ' +
      'Run it as another user, or set DATABASE_URL.',
  );
}

function runWithCapabilities(program: string, args: readonly string[], owner: Identity): Promise<ProgramResult> {
  return runProgram('setpriv', [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    // access(2), which initdb uses to find its binaries, heeds capabilities of a user other than root only with this.
    '--securebits=+no_setuid_fixup',
    `--inh-caps=${capabilities}`,
    `--ambient-caps=${capabilities}`,
    '--',
    program,
    ...args,
  ]);
}

function runProgram(program: string, args: readonly string[], as?: Identity): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // The working folder of the service may be closed to the other user.
      cwd: '/',
      // Its own session: Ctrl-C of the terminal must reach the service only.
      detached: true,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: programTimeoutMs,
      ...(as && { uid: as.uid, gid: as.gid }),
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-outputMax);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => reject(new Error(`Cannot run ${program}: ${error.message}`, { cause: error })));
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, output: output.trim() + (signal ? ` (ended by ${signal})` : '') });
    });
  });
}
