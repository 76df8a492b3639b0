/** The duty of paid terms that reach their end: each is renewed or expires, never before its last moment (3.3.1). */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConcludeTerm } from '../payments/conclude-term.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class RenewTermProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly subscriptions: SubscriptionStore,
    private readonly concludeTerm: ConcludeTerm,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'renew_term',
      claim: (max) => this.subscriptions.claimDue('renew_term', max),
      perform: (id) => this.concludeTerm.run(id, 'renew_term'),
    });
  }
}
