/** The job of paid terms that reach their end: each is renewed or expires, never before its last moment (3.3.1). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConcludeTerm } from '../memberships/conclude-term.js';
import { SubscriptionJobs } from '../subscriptions/subscription-jobs.js';

@Injectable()
export class RenewTermProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: SubscriptionJobs,
    private readonly concludeTerm: ConcludeTerm,
  ) {}

  onModuleInit(): void {
    this.jobs.registerMove('renew_term', (change) => this.concludeTerm.conclude(change));
  }
}
