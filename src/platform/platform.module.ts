/**
 * Owns: configuration, clock, database connection, duties and their queue, the outbox, idempotency keys, access,
 * problems, health, metrics.
 * Does not own: anything about membership or money.
 * Always true: no route without a declared scope; no business time but the injected clock's.
 */
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LoggerModule } from 'nestjs-pino';
import { DataSource } from 'typeorm';
import { AccessGuard } from './access.guard.js';
import { AdvanceTestClock } from './advance-test-clock.js';
import { Clock, machineNow, SystemClock, TestClock } from './clock.js';
import { Config } from './config.js';
import { CsvAnswers } from './csv.js';
import { Database, dataSourceOptions } from './database.js';
import { DutyRunner } from './duty-runner.js';
import { HealthController } from './health.controller.js';
import { Idempotency } from './idempotency.js';
import { loggerOptions } from './logging.js';
import { Metrics } from './metrics.js';
import { Outbox } from './outbox.js';
import { ProblemFilter } from './problem.filter.js';
import { TestClockController } from './test-clock.controller.js';

@Module({})
export class PlatformModule {
  static with(config: Config): DynamicModule {
    const { DATABASE_URL, DATABASE_POOL_MAX, DATABASE_ROLE } = config;
    if (DATABASE_URL === undefined)
      throw new Error('DATABASE_URL is needed: set it, or use `npm start`, which brings a database');
    const clock = {
      provide: Clock,
      inject: [DataSource],
      useFactory: (source: DataSource): Clock =>
        config.TEST_CLOCK === 'on'
          ? new TestClock(source, new Date(config.TEST_CLOCK_START ?? machineNow()))
          : new SystemClock(),
    };
    return {
      module: PlatformModule,
      global: true,
      imports: [
        DiscoveryModule,
        LoggerModule.forRoot(loggerOptions(config.LOG_LEVEL)),
        TypeOrmModule.forRoot({
          ...dataSourceOptions(DATABASE_URL, DATABASE_POOL_MAX, DATABASE_ROLE),
          autoLoadEntities: true,
        }),
      ],
      controllers: [HealthController, TestClockController],
      providers: [
        { provide: Config, useValue: config },
        clock,
        CsvAnswers,
        Database,
        DutyRunner,
        Idempotency,
        Metrics,
        Outbox,
        AdvanceTestClock,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [Config, Clock, CsvAnswers, Database, DutyRunner, Idempotency, Outbox],
    };
  }
}
