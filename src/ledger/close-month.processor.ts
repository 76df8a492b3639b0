/** The duty of months whose close was ordered: one after the other, the earliest first. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { CloseMonth } from './close-month.js';

@Injectable()
export class CloseMonthProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly closeMonth: CloseMonth,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'close_month',
      claim: (max) => this.closeMonth.claim(max),
      perform: (id) => this.closeMonth.run(id),
    });
  }
}
