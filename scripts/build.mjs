// Builds dist when a source is newer than the last build, so that a second start does not wait for the compiler. Of several
// that start at once, one builds and the others wait for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const STAMP = 'dist/.built';
const LOCK = 'node_modules/.building';
const SOURCES = ['src', 'migrations', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];

function newest(at) {
  const found = statSync(at);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(at).map((name) => newest(path.join(at, name))));
}

function isBuilt() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return built >= Math.max(...SOURCES.map(newest));
}

/** False while another process that lives holds it. */
function lock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!holderLives()) rmSync(LOCK, { force: true });
    return false;
  }
}

function holderLives() {
  try {
    return process.kill(Number(readFileSync(LOCK, 'utf8')), 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** On stderr: what a command prints stays what it prints. */
async function build() {
  const nest = path.join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const begunAt = performance.now();
  const seconds = () => ((performance.now() - begunAt) / 1000).toFixed(0);
  process.stderr.write('building, some ten seconds the first time ');
  const dots = setInterval(() => process.stderr.write('.'), 1000);
  const [status] = await once(spawn(process.execPath, [nest, 'build'], { stdio: 'inherit' }), 'exit');
  clearInterval(dots);
  process.stderr.write(status === 0 ? ` built in ${seconds()} s\n` : ' failed\n');
  if (status === 0) writeFileSync(STAMP, '');
  return status ?? 1;
}

while (!isBuilt()) {
  if (!lock()) {
    await pause(200);
    continue;
  }
  try {
    if (!isBuilt()) process.exitCode = await build();
  } finally {
    rmSync(LOCK, { force: true });
  }
  if (process.exitCode) break;
}
