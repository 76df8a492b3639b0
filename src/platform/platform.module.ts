/**
 * Owns: configuration, clock, database connection, jobs and their queue, idempotency keys, access, problems,
 * health, metrics.
 * Does not own: anything about membership or money.
 * Always true: no route without a declared scope; no business time but the injected clock's.
 */
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from './config.js';
import { Database, dataSourceOptions } from './database/database.js';
import { AccessGuard } from './http/access.guard.js';
import { CsvAnswers } from './http/csv.js';
import { HealthController } from './http/health.controller.js';
import { Idempotency } from './http/idempotency.js';
import { JsonLogger } from './http/logging.js';
import { Metrics } from './http/metrics.js';
import { ProblemFilter } from './http/problem.filter.js';
import { HealthNotes } from './http/health-notes.js';
import { DueWork } from './jobs/due-work.js';
import { JobRunner } from './jobs/job-runner.js';
import { AdvanceTestClock } from './time/advance-test-clock.js';
import { Clock, machineNow, SystemClock, TestClock } from './time/clock.js';
import { TestClockController } from './time/test-clock.controller.js';

@Module({})
export class PlatformModule {
  static with(config: Config): DynamicModule {
    const { DATABASE_URL, DATABASE_POOL_MAX, DATABASE_ROLE } = config;
    if (DATABASE_URL === undefined)
      throw new Error('DATABASE_URL is needed: set it, or use `npm start`, which brings a database');
    const clock = {
      provide: Clock,
      inject: [Database],
      useFactory: (database: Database): Clock =>
        config.TEST_CLOCK === 'on'
          ? new TestClock(database, new Date(config.TEST_CLOCK_START ?? machineNow()))
          : new SystemClock(),
    };
    return {
      module: PlatformModule,
      global: true,
      imports: [
        DiscoveryModule,
        TypeOrmModule.forRoot({
          ...dataSourceOptions(DATABASE_URL, DATABASE_POOL_MAX, DATABASE_ROLE),
          autoLoadEntities: true,
        }),
      ],
      controllers: [HealthController, TestClockController],
      providers: [
        { provide: Config, useValue: config },
        { provide: JsonLogger, useValue: new JsonLogger(config.LOG_LEVEL) },
        clock,
        CsvAnswers,
        Database,
        DueWork,
        HealthNotes,
        JobRunner,
        Idempotency,
        Metrics,
        AdvanceTestClock,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [Config, Clock, CsvAnswers, Database, DueWork, HealthNotes, JobRunner, Idempotency, Metrics],
    };
  }
}
