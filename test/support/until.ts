/** Waits for what happens in machine time, such as a webhook; says what never came. */
import { waitUntil } from '../../src/platform/time/wait.js';

export async function until(what: string, happened: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  if (!(await waitUntil(happened, withinMs))) throw new Error(`${what} did not happen within ${withinMs} ms`);
}
