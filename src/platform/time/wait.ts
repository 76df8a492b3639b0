/** Holds an answer until something is decided, or the caller's patience ends (`Prefer: wait=N`). */
import { setTimeout as pause } from 'node:timers/promises';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';

const WAIT_SECONDS_DEFAULT = 10;
const WAIT_SECONDS_MAX = 30;
const PAUSE_MS_MAX = 200;

/** Documents the header of a route that waits for the gateway's decision. */
export function WaitRoute(): MethodDecorator {
  return ApiHeader({
    name: 'Prefer',
    required: false,
    description: 'wait=N: hold the answer up to N seconds, 0 to 30',
  });
}

/** Milliseconds the caller is willing to wait for a decision; 10 s where the header says nothing. */
export const WaitMs = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const prefer = context.switchToHttp().getRequest<Request>().headers.prefer;
  const said = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/i.exec(String(prefer ?? ''))?.[1];
  return Math.min(said === undefined ? WAIT_SECONDS_DEFAULT : Number(said), WAIT_SECONDS_MAX) * 1000;
});

/** Asks again and again, ever more patiently, until `decided` says yes or `waitMs` have passed. */
export async function waitUntil(decided: () => Promise<boolean>, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, PAUSE_MS_MAX)) {
    if (await decided()) return true;
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return false;
    await pause(Math.min(pauseMs, leftMs));
  }
}
