/** The member supplies another payment method with a new deduction authorization (3.3.1); overdue payments retry at once. */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { requireRenewing } from '../domain/term-end.js';
import { RequestStore } from '../gateway/request.store.js';
import { Database } from '../platform/database/database.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { ValidationRequests } from './validation-requests.js';

@Injectable()
export class ReplacePaymentMethod {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly database: Database,
    private readonly mandates: MandateStore,
    private readonly requests: RequestStore,
    private readonly validations: ValidationRequests,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state`, then, when the gateway refuses the method, `payment_method_rejected`. */
  async replace(id: string, paymentMethod: string, waitMs: number): Promise<void> {
    const mandateId = await this.changeSubscription.change(id, 'member', (change) => {
      change.move('replace_payment_method');
      requireRenewing(change.subscription);
      return this.validations.open(change, paymentMethod);
    });
    await this.requests.waitUntilDecided(id, waitMs);
    const mandate = await this.mandates.find(this.database.reader, mandateId);
    if (mandate?.status === 'rejected') {
      throw new Refusal(
        'payment_method_rejected',
        'The bank refuses this payment method; the one before stays in use.',
        '3.2.1',
      );
    }
  }
}
