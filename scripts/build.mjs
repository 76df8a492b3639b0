// Builds dist when a source is newer than the last build, so that a second start does not wait for the compiler. Of several
// that start at once, one builds and the others wait for it.
import { spawnSync } from 'node:child_process';
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

function build() {
  const nest = path.join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build'], { stdio: 'inherit' });
  if (status === 0) writeFileSync(STAMP, '');
  return status ?? 1;
}

while (!isBuilt()) {
  if (!lock()) {
    await pause(200);
    continue;
  }
  try {
    if (!isBuilt()) process.exitCode = build();
  } finally {
    rmSync(LOCK, { force: true });
  }
  if (process.exitCode) break;
}
