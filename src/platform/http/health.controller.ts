/** Tells an orchestrator whether this process lives and whether it can serve. */
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { migrationsAreCurrent } from '../database/migrate.js';
import { JobRunner } from '../jobs/job-runner.js';
import { Public } from './access.js';
import { HealthNotes } from './health-notes.js';
import { RequestProblem } from './problem.js';

class ReadyView {
  status: 'ok';
  /** Absent while every gateway answers. */
  gateway?: string;
}

@ApiTags('machines')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly source: DataSource,
    private readonly jobs: JobRunner,
    private readonly notes: HealthNotes,
  ) {}

  /** The process answers. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * Database and queue are reachable and the migrations are current; 503 `not_ready` otherwise. `gateway` says since when a
   * payment gateway does not answer or lets nobody in: the service is ready all the same.
   */
  @Get('ready')
  async ready(): Promise<ReadyView> {
    const current = await migrationsAreCurrent(this.source).catch((error: Error) => {
      throw notReady(`the database does not answer: ${error.message}`);
    });
    if (!current) throw notReady('migrations are missing: run `npm run migrate`');
    await this.jobs.ping().catch((error: Error) => {
      throw notReady(error.message);
    });
    return { status: 'ok', ...(await this.notes.read()) };
  }
}

function notReady(detail: string): RequestProblem {
  return new RequestProblem(503, 'not_ready', `Not ready: ${detail}.`, undefined, { 'Retry-After': '1' });
}
