/** Real processes of the built service, to be killed: what a crash does cannot be seen inside one process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

export interface Process {
  /** Lines printed so far. */
  output: string[];
  child: ChildProcess;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `dist/src/<entry>.js` and waits until it prints `ready`. */
export async function startProcess(entry: string, env: Record<string, string>, ready: RegExp): Promise<Process> {
  const child = spawn(process.execPath, ['--enable-source-maps', path.join(ROOT, `dist/src/${entry}.js`)], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output.push(chunk.toString());
      if (ready.test(output.join(''))) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`${entry} ended at its start:\n${output.join('')}`)));
  });
  const exited = once(child, 'exit');
  // A run that is cut short leaves nothing behind.
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { output, child, kill };
}
