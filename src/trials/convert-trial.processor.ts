/** The job of trials that reach their end: each is converted or expires, never before its last moment (3.2.1). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConcludeTerm } from '../memberships/conclude-term.js';
import { SubscriptionJobs } from '../subscriptions/subscription-jobs.js';

@Injectable()
export class ConvertTrialProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: SubscriptionJobs,
    private readonly concludeTerm: ConcludeTerm,
  ) {}

  onModuleInit(): void {
    this.jobs.registerMove('convert_trial', (change) => this.concludeTerm.conclude(change));
  }
}
