/** Tells an orchestrator whether this process lives and whether it can serve. */
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { migrationsAreCurrent } from '../database/migrate.js';
import { JobRunner } from '../jobs/job-runner.js';
import { Public } from './access.js';
import { RequestProblem } from './problem.js';

@ApiTags('machines')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly source: DataSource,
    private readonly jobs: JobRunner,
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
    await this.jobs.ping().catch((error: Error) => {
      throw notReady(error.message);
    });
    return { status: 'ok' };
  }
}

function notReady(detail: string): RequestProblem {
  return new RequestProblem(503, 'not_ready', `Not ready: ${detail}.`, undefined, { 'Retry-After': '1' });
}
