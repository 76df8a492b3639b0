/** Processes of the built service for a measure, and what they cost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Running {
  /** The line that said it is ready. */
  ready: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts a script and waits until it prints `ready`. */
export async function startProcess(script: string, env: Record<string, string>, ready: RegExp): Promise<Running> {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  const ended = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  while (!ready.test(output)) {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.exitCode !== null) throw new Error(`${script} ended at its start: ${output}`);
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', end);
  };
  return { ready: ready.exec(output)?.[0] ?? '', pid: child.pid ?? 0, stop };
}

/** Starts the API; `url` is where it answers. */
export async function startApi(env: Record<string, string>): Promise<Running & { url: string }> {
  const api = await startProcess('dist/src/api.js', env, /API http:\S+\n/);
  return { ...api, url: api.ready.trim().replace('API ', '').replace('[::1]', '127.0.0.1') };
}

/** The most memory a process ever held, in MB; null where the system does not say. */
export function peakMb(pid: number): number | null {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
  } catch {
    return null;
  }
}

/** Processor time a process has used, in seconds; null where the system does not say. */
export function cpuSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}
