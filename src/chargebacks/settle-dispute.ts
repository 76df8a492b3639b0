/**
 * The outcome handler of disputes. It locks the subscription, reads again, applies what the gateway says at most once, and
 * never lets an older fact overwrite a newer one; what does not fit the books becomes a case.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Charge } from '../domain/charge.js';
import type { Chargeback, ChargebackStatus } from '../domain/chargeback.js';
import type { GatewayDispute } from '../gateway/outcome.js';
import { ChargeStore } from '../payments/charge.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { ChargebackStore } from './chargeback.store.js';
import { CloseChargeback } from './close-chargeback.js';
import { OpenChargeback } from './open-chargeback.js';

@Injectable()
export class SettleDispute {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly charges: ChargeStore,
    private readonly chargebacks: ChargebackStore,
    private readonly openChargeback: OpenChargeback,
    private readonly closeChargeback: CloseChargeback,
    private readonly cases: CaseStore,
  ) {}

  /**
   * `status` unreadable: a person looks. False when it cannot be applied yet: the capture is not booked, or a refund of it is
   * not decided.
   */
  async settle(chargeId: string, told: GatewayDispute, status: ChargebackStatus | 'unreadable'): Promise<boolean> {
    const { subscriptionId } = await this.charges.get(chargeId);
    return this.changeSubscription.change(subscriptionId, 'gateway', async (change) => {
      const charge = await this.charges.lock(change.tx, chargeId);
      if (charge.status !== 'succeeded') return false;
      const known = await this.chargebacks.findByDispute(change.tx, charge.gateway, told.gatewayDisputeId);
      const dispute =
        known === null ? await this.openChargeback.inOurMoney(change, charge, told) : inMoneyOf(known, told);
      const wrong =
        status === 'unreadable' ? 'its status is not known here' : contradiction(charge, known, dispute, status);
      if (status === 'unreadable' || wrong !== null) {
        await this.openCase(change, charge, told, wrong ?? '');
        return true;
      }
      const chargeback = known ?? (await this.openChargeback.open(change, charge, dispute));
      if (chargeback.status !== 'open' || status === 'open') return true;
      return this.closeChargeback.close(change, chargeback, status);
    });
  }

  private openCase({ tx, now }: Change, charge: Charge, dispute: GatewayDispute, wrong: string): Promise<void> {
    return this.cases.open(tx, {
      kind: 'chargeback',
      subscriptionId: charge.subscriptionId,
      subjectId: charge.id,
      explanation: `dispute ${dispute.gatewayDisputeId} of charge ${charge.reference} cannot be booked: ${wrong}`,
      data: dispute,
      openedAt: now,
    });
  }
}

/** One in another currency keeps the amount it was booked with. */
function inMoneyOf(known: Chargeback, told: GatewayDispute): GatewayDispute {
  const { currency, amountMinor } = known;
  return told.currency === currency ? told : { ...told, currency, amountMinor };
}

/** What a person must look at; null where all fits together. */
function contradiction(
  charge: Charge,
  known: Chargeback | null,
  dispute: GatewayDispute,
  status: ChargebackStatus,
): string | null {
  const { amountMinor, currency, paymentId } = dispute;
  if (charge.gatewayPaymentId !== paymentId) return `it is about ${paymentId}, a payment that is not in the books`;
  if (charge.currency !== currency) return `it is in ${currency}`;
  if (amountMinor <= 0) return 'nothing of the payment is left that a bank could take';
  if (known === null) return null;
  if (known.amountMinor !== amountMinor && amountMinor <= charge.amountMinor)
    return `it was about ${known.amountMinor}, now it is about ${amountMinor}`;
  // An older answer that says open is no contradiction.
  const reversed = known.status !== 'open' && status !== 'open' && known.status !== status;
  return reversed ? `it was ${known.status}, now it is ${status}` : null;
}
