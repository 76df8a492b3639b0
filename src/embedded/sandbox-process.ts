/**
 * Keeps the sandbox gateway running as a process of its own. One that dies is started again on the same port, and that
 * is said; what it held is in its database.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

// One that cannot start, such as on a port that is taken, must not be started without a pause.
const AGAIN_AFTER_MS = 500;

export interface SandboxProcess {
  url: string;
  stop(): Promise<void>;
}

/** `entry`: the file that starts it. Throws when it does not come up. */
export async function startSandboxProcess(entry: string, env: Record<string, string>): Promise<SandboxProcess> {
  let stopping = false;
  // A group of its own: Ctrl-C reaches the service, which stops the gateway after itself.
  let child = fork(entry, { env, detached: true });
  const url = await readiness(child);
  const again = (): void => {
    if (stopping) return;
    console.error('the sandbox gateway ended by itself; it is started again');
    setTimeout(() => {
      if (stopping) return;
      child = fork(entry, { env: { ...env, SANDBOX_PORT: new URL(url).port }, detached: true });
      child.once('exit', again);
    }, AGAIN_AFTER_MS);
  };
  child.once('exit', again);
  const stop = async (): Promise<void> => {
    stopping = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  return { url, stop };
}

function readiness(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve((message as { url: string }).url));
    child.once('exit', (code) => reject(new Error(`The sandbox gateway ended at its start, with code ${code}.`)));
  });
}
