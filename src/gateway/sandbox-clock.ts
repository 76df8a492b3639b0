/**
 * Under the test clock the sandbox gateway lives in the same business time, so that what it dates and settles belongs to
 * the same days as ours. Without a test clock nothing is told to anybody.
 */
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '../platform/config.js';
import { Clock, TestClock } from '../platform/time/clock.js';

@Injectable()
export class SandboxClock implements OnModuleInit {
  private readonly logger = new Logger(SandboxClock.name);

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const { clock } = this;
    const { STRIPE_API_BASE: base } = this.config;
    if (!(clock instanceof TestClock) || base === undefined) return;
    clock.onMove((now) => this.tell(base, now));
    await this.tell(base, await clock.now());
  }

  /** The next move tells it again, should it not be there. */
  private async tell(base: string, now: Date): Promise<void> {
    const body = JSON.stringify({ now });
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(this.config.GATEWAY_TIMEOUT_MS);
    try {
      const { ok, status } = await fetch(new URL('/sandbox/clock', base), { method: 'PUT', headers, body, signal });
      if (!ok) this.logger.warn(`the sandbox did not take the time: it answered ${status}`);
    } catch (error) {
      this.logger.warn(`the sandbox was not told the time: ${(error as Error).message}`);
    }
  }
}
