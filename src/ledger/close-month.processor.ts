/** The job of months whose close was ordered: one after the other, the earliest first. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { CloseMonth } from './close-month.js';

/** The next month builds on it. */
const EARLIEST = `status = 'running' and month = (select min(month) from month_closes where status = 'running')`;

@Injectable()
export class CloseMonthProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly closeMonth: CloseMonth,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'close_month',
      table: 'month_closes',
      where: EARLIEST,
      perform: (id) => this.closeMonth.close(id),
    });
  }
}
