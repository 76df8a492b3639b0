// Runs one measure of this folder: `npm run bench -- reconcile`. Without a name it says which there are.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const measures = readdirSync('bench')
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => path.basename(file, '.bench.ts'));
const [measure, ...rest] = process.argv.slice(2);
if (!measures.includes(measure)) {
  console.error(`Which one? ${measures.join(', ')}`);
  process.exit(1);
}

function run(...words) {
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run('scripts/build.mjs');
run(path.join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.bench.json');
run('--enable-source-maps', path.join('var', 'bench', 'bench', `${measure}.bench.js`), ...rest);
