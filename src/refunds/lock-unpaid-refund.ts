/** Locks a refund that a person may decide about: it is owed, and the gateway has said no to every attempt. */
import { Injectable } from '@nestjs/common';
import { restMinor, type Refund } from '../domain/refund.js';
import { Refusal } from '../domain/refusal.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Change } from '../subscriptions/change.js';
import { RefundStore } from './refund.store.js';

@Injectable()
export class LockUnpaidRefund {
  constructor(
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
  ) {}

  /**
   * Refuses `not_allowed_in_state` when it is paid, `payment_in_progress` while an attempt is undecided, then
   * `charge_disputed` while the member's bank holds the payment back and may return it by itself, or has taken so much of
   * it that the refund would return more than was paid.
   */
  async lock({ tx }: Change, id: string): Promise<Refund> {
    const { chargeId } = await this.refunds.find(tx, id);
    const { disputedMinor, chargedBackMinor, amountMinor: paidMinor } = await this.charges.lock(tx, chargeId);
    const all = await this.refunds.lockAll(tx, chargeId);
    const refund = await this.refunds.lock(tx, id);
    const { status, clause } = refund;
    if (status === 'succeeded') throw new Refusal('not_allowed_in_state', 'The refund is paid already.', clause);
    if (status === 'pending') {
      throw new Refusal(
        'payment_in_progress',
        'The gateway has not decided an attempt yet, and no answer is no failure; its outcome comes first.',
        clause,
      );
    }
    if (disputedMinor > 0) {
      throw new Refusal(
        'charge_disputed',
        'The member disputes the payment: the bank may return it by itself, so its decision comes first.',
        clause,
      );
    }
    const returnedMinor = all
      .filter((other) => other.id !== id && other.status !== 'failed' && other.paidOtherwiseBy !== 'gateway')
      .reduce((sum, other) => sum + other.amountMinor - other.coveredMinor, chargedBackMinor);
    if (returnedMinor + restMinor(refund) > paidMinor) {
      throw new Refusal(
        'charge_disputed',
        `The member's bank has taken ${chargedBackMinor} of the payment, so at most ${paidMinor - returnedMinor} more may go back: pay that outside and close the case.`,
        clause,
      );
    }
    return refund;
  }
}
