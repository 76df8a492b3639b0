/** Tells an orchestrator whether this process lives and whether it can serve. */
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from './access.js';
import { DutyRunner } from './duty-runner.js';
import { migrationsAreCurrent } from './migrate.js';
import { RequestProblem } from './problem.js';

@ApiTags('machines')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly source: DataSource,
    private readonly runner: DutyRunner,
  ) {}

  /** The process answers. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Database and queue are reachable and the migrations are current; 503 `not_ready` otherwise. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    const current = await migrationsAreCurrent(this.source).catch((error: Error) => {
      throw notReady(`the database does not answer: ${error.message}`);
    });
    if (!current) throw notReady('migrations are missing: run `npm run migrate`');
    await this.runner.ping().catch((error: Error) => {
      throw notReady(error.message);
    });
    return { status: 'ok' };
  }
}

function notReady(detail: string): RequestProblem {
  return new RequestProblem(503, 'not_ready', `Not ready: ${detail}.`, undefined, { 'Retry-After': '1' });
}
