/** Takes an early renewal back (3.3.1): until the waiting term starts, all of it is returned that was not before. */
import { Injectable } from '@nestjs/common';
import { waitingTerm } from '../domain/due.js';
import { Refusal } from '../domain/refusal.js';
import { Ledger } from '../ledger/ledger.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Bind } from '../platform/http/idempotency.js';
import { OpenRefund } from '../refunds/open-refund.js';
import { RefundStore } from '../refunds/refund.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';

@Injectable()
export class CancelNextTerm {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly subscriptions: SubscriptionStore,
    private readonly openRefund: OpenRefund,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Returns the id of the charge that is returned. Refuses `not_found`, `not_allowed_in_state` where no term waits, then
   * `charge_disputed` while the member's bank holds the payment back.
   */
  cancel(id: string, bind: Bind): Promise<string> {
    return this.changeSubscription.change(id, 'member', async (change) => {
      const waiting = waitingTerm(change.terms, change.now);
      change.move('cancel_next_term');
      if (waiting?.chargeId == null || waiting.priceMinor === null || waiting.currency === null) {
        throw new Refusal('not_allowed_in_state', 'No term waits: there is no early renewal to withdraw.', '3.3.1');
      }
      await this.requireUndisputed(change, waiting.chargeId);
      await this.subscriptions.removeTerm(change.tx, waiting.id);
      change.terms.splice(change.terms.indexOf(waiting), 1);
      const { chargeId, priceMinor: paidMinor, currency } = waiting;
      const returnedMinor = await this.refunds.returnedMinor(change.tx, chargeId);
      const amountMinor = paidMinor - returnedMinor;
      change.record('next_term.canceled', '3.3.1', 'the early renewal is withdrawn before its term started');
      await bind(change.tx, chargeId);
      if (amountMinor === 0) {
        await this.ledger.serviceCutShort(change, 'membership_revenue', '3.3.1', chargeId);
        return chargeId;
      }
      const before = returnedMinor === 0 ? '' : `, ${returnedMinor} returned before`;
      await this.openRefund.open(change, {
        chargeId,
        cancellationId: null,
        money: { amountMinor, currency },
        basis: 'full',
        clause: '3.3.1',
        calculation: { formula: `${paidMinor} paid, not begun${before} = ${amountMinor}` },
        explanation: `${amountMinor} ${currency} goes back: the term had not started`,
      });
      return chargeId;
    });
  }

  private async requireUndisputed({ tx }: Change, chargeId: string): Promise<void> {
    const { disputedMinor } = await this.charges.lock(tx, chargeId);
    if (disputedMinor === 0) return;
    throw new Refusal('charge_disputed', "The payment is disputed: the member's bank decides about it first.", '3.3.1');
  }
}
