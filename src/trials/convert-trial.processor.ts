/** The duty of trials that reach their end: each is converted or expires, never before its last moment (3.2.1). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConcludeTerm } from '../payments/conclude-term.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class ConvertTrialProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly subscriptions: SubscriptionStore,
    private readonly concludeTerm: ConcludeTerm,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'convert_trial',
      claim: (max) => this.subscriptions.claimDue('convert_trial', max),
      perform: (id) => this.concludeTerm.run(id, 'convert_trial'),
    });
  }
}
