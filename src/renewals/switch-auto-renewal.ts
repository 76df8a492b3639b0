/**
 * The member turns auto-renewal off or on again (3.3.1); on a trial this is opting out and back in (3.2.1). Possible
 * until the running term ends; once acknowledged, nothing is charged against it.
 */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { choiceStillOpen, requireRenewing } from '../domain/term-end.js';
import { ChargeStore } from '../payments/charge.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class SwitchAutoRenewal {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly charges: ChargeStore,
  ) {}

  /**
   * Refuses `not_found`, `not_allowed_in_state` (also at and after the term's end), then `payment_in_progress` while the
   * next term's charge is undecided. The same choice again changes nothing.
   */
  async switchTo(id: string, enabled: boolean): Promise<void> {
    await this.changeSubscription.change(id, 'member', async (change) => {
      const { subscription, lastTerm, now } = change;
      const clause = lastTerm?.kind === 'trial' ? '3.2.1' : '3.3.1';
      change.move('switch_auto_renewal');
      requireRenewing(subscription);
      if (lastTerm === null || !choiceStillOpen(now, lastTerm)) {
        throw new Refusal('not_allowed_in_state', 'The term is over; this had to be chosen before its end.', clause);
      }
      if (subscription.autoRenewal === enabled) return;
      await this.requireNothingUnderWay(change, clause);
      subscription.autoRenewal = enabled;
      const said = enabled ? 'auto-renewal is on again' : `no charge follows; the membership ends with its term`;
      change.record('subscription.auto_renewal_changed', clause, said, { enabled });
    });
  }

  /** A term that was lengthened may still run while the charge that its old end opened is on its way. */
  private async requireNothingUnderWay({ tx, subscription }: Change, clause: string): Promise<void> {
    if (subscription.chargeProgress !== 'moving') return;
    const charge = await this.charges.latest(tx, subscription.id);
    if (charge?.purpose !== 'conversion' && charge?.purpose !== 'renewal') return;
    throw new Refusal('payment_in_progress', 'The next term is being charged; its outcome comes first.', clause);
  }
}
