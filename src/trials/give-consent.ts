/** Records the member's consent to the paid conversion of their trial, where the market asks for it (rules 4). */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { choiceStillOpen } from '../domain/term-end.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';

@Injectable()
export class GiveConsent {
  constructor(private readonly changeSubscription: ChangeSubscription) {}

  /** Refuses `not_found`, then `not_allowed_in_state` outside a running trial. Consent given twice is given once. */
  async give(id: string): Promise<void> {
    await this.changeSubscription.change(id, 'member', (change) => {
      const { subscription, lastTerm, now } = change;
      change.move('give_consent');
      if (lastTerm === null || !choiceStillOpen(now, lastTerm)) {
        throw new Refusal('not_allowed_in_state', 'The trial is over; consent comes before its end.', '3.2.1');
      }
      if (subscription.conversionConsentAt === null) {
        subscription.conversionConsentAt = now;
        change.record('conversion.consented', '3.2.1', 'the member consents to the paid membership after the trial');
      }
      return Promise.resolve();
    });
  }
}
