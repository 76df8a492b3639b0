/**
 * The member turns auto-renewal off or on again (3.3.1); on a trial this is opting out and back in (3.2.1). Possible
 * until the running term ends; once acknowledged, nothing is charged against it.
 */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { choiceStillOpen, requireRenewing } from '../domain/term-end.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';

@Injectable()
export class SwitchAutoRenewal {
  constructor(private readonly changeSubscription: ChangeSubscription) {}

  /** Refuses `not_found`, `not_allowed_in_state` (also at and after the term's end). The same choice again changes nothing. */
  async run(id: string, enabled: boolean): Promise<void> {
    await this.changeSubscription.run(id, 'member', (change) => {
      const { subscription, lastTerm, now } = change;
      const clause = lastTerm?.kind === 'trial' ? '3.2.1' : '3.3.1';
      change.move('switch_auto_renewal');
      requireRenewing(subscription);
      if (lastTerm === null || !choiceStillOpen(now, lastTerm)) {
        throw new Refusal('not_allowed_in_state', 'The term is over; this had to be chosen before its end.', clause);
      }
      if (subscription.autoRenewal !== enabled) {
        subscription.autoRenewal = enabled;
        const said = enabled ? 'auto-renewal is on again' : `no charge follows; the membership ends with its term`;
        change.record('subscription.auto_renewal_changed', clause, said, { enabled });
      }
      return Promise.resolve();
    });
  }
}
