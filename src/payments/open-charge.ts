/** Opens the charge for a term, or the next attempt of one that was declined. It writes the intent; it never sends. */
import { Injectable } from '@nestjs/common';
import { chargeReference, newCharge, type Charge, type ChargePurpose } from '../domain/charge.js';
import type { Money } from '../domain/money.js';
import { Refusal } from '../domain/refusal.js';
import { isLive, type Mandate } from '../domain/subscription.js';
import { RequestStore } from '../gateway/request.store.js';
import { MarketStore, notOpen } from '../markets/market.store.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { ChargeStore } from './charge.store.js';

@Injectable()
export class OpenCharge {
  constructor(
    private readonly charges: ChargeStore,
    private readonly mandates: MandateStore,
    private readonly requests: RequestStore,
    private readonly markets: MarketStore,
  ) {}

  /** `price`: the fee in force, in minor units; the charge keeps it whatever happens to the price (3.1.3). */
  async open(change: Change, purpose: ChargePurpose, price: Money): Promise<string> {
    const { gateway } = await this.requireMandate(change);
    const { subscription, now } = change;
    const termNumber =
      Math.max(change.lastTerm?.number ?? 0, await this.charges.lastTermNumber(change.tx, subscription.id)) + 1;
    const { id: subscriptionId } = subscription;
    const reference = chargeReference(subscriptionId, termNumber, purpose, 1);
    const known = { id: newId(), subscriptionId, termNumber, purpose, reference, gateway, createdAt: now };
    const charge = newCharge(known, price);
    await this.charges.insert(change.tx, charge);
    change.moveCharge({ name: 'send' });
    await this.intend(change, charge);
    return charge.id;
  }

  /** What a value-added service costs, beside the fees; `termNumber`: of the term it is for. */
  async openAddOn(change: Change, named: { termNumber: number; reference: string }, price: Money): Promise<Charge> {
    const { gateway } = await this.requireMandate(change);
    const { id: subscriptionId } = change.subscription;
    const known = { ...named, id: newId(), subscriptionId, gateway, createdAt: change.now };
    const charge = newCharge({ ...known, purpose: 'add_on' }, price);
    await this.charges.insert(change.tx, charge);
    const { id: subjectId, reference, attempts: attempt } = charge;
    await this.requests.intend(change, { kind: 'add_on', subjectId, reference, attempt, gateway });
    return charge;
  }

  /**
   * The next attempt of the overdue charge, for the amount due at the first one (rules 6). Refuses
   * `payment_in_progress` while an attempt is undecided, `payment_method_rejected` to a member whose method was declined for
   * good, `market_not_open` where the market ends: no term follows there,
   * so nothing is tried on schedule either (5.4). One that waits for the member is withdrawn first; its next attempt
   * follows when the gateway has confirmed that.
   */
  async retry(change: Change): Promise<void> {
    change.move('retry_payment');
    const { subscription, tx } = change;
    if (subscription.suspendedAt !== null) {
      throw new Refusal('not_allowed_in_state', 'The membership is suspended: nothing is charged meanwhile.', '5.2');
    }
    if (subscription.chargeProgress === 'moving') {
      throw new Refusal('payment_in_progress', 'A payment is under way; its outcome comes first.', '5.1');
    }
    const market = await this.markets.find(tx, subscription.country);
    if (market?.status !== 'open' && change.actor === 'member') throw notOpen(subscription.country, 'it is closed');
    if (market?.status !== 'open') return change.moveCharge({ name: 'stop_retrying' });
    const mandate = await this.requireMandate(change);
    if (subscription.chargeProgress === 'waiting_for_member') {
      return this.withdrawWaiting(change);
    }
    const latest = await this.charges.latest(tx, subscription.id);
    if (latest === null) throw new Error(`subscription ${subscription.id} is past due without a charge`);
    if (change.actor === 'member') await this.requireOtherMethod(change, latest, mandate);
    change.moveCharge({ name: 'send' });
    await this.next(change, await this.charges.lock(tx, latest.id), mandate);
  }

  /** An attempt was given up without an outcome: the next one, where the charge is still wanted. */
  async again(change: Change, charge: Charge): Promise<void> {
    const { status, suspendedAt } = change.subscription;
    const mandate = await this.mandates.current(change.tx, charge.subscriptionId);
    const wanted = isLive(status) && suspendedAt === null && charge.status !== 'succeeded' && mandate !== null;
    if (wanted) {
      change.moveCharge({ name: 'send_another' });
      return this.next(change, charge, mandate);
    }
    await this.charges.save(change.tx, { ...charge, status: 'failed', settledAt: change.now });
    if (isLive(status)) change.moveCharge({ name: 'drop' });
  }

  /** The member supplied another method than the overdue charge was declined with: it is tried at once (rules 6). */
  async retryWithNewerMethod(change: Change): Promise<void> {
    const { id, status, chargeProgress, suspendedAt } = change.subscription;
    if (status !== 'past_due' || chargeProgress !== 'declined' || suspendedAt !== null) return;
    const mandate = await this.mandates.current(change.tx, id);
    const charge = await this.charges.latest(change.tx, id);
    if (mandate?.status === 'valid' && mandate.id !== charge?.mandateId) await this.retry(change);
  }

  /** What waits for the member to authenticate is withdrawn; the gateway's confirmation decides what follows. */
  async withdrawWaiting(change: Change): Promise<void> {
    if (change.subscription.chargeProgress !== 'waiting_for_member') return;
    change.moveCharge({ name: 'withdraw' });
    await this.requests.withdrawWaiting(change, { kind: 'charge' });
  }

  /** A second attempt that still waits for the member while the charge is paid: the gateway is told to forget it. */
  withdraw(change: Change, subjectId: string): Promise<void> {
    return this.requests.withdrawWaiting(change, { subjectId });
  }

  private async intend(change: Change, charge: Charge): Promise<void> {
    const { id: subjectId, reference, attempts: attempt, amountMinor, currency, purpose } = charge;
    await this.requests.intend(change, { kind: 'charge', subjectId, reference, attempt, gateway: charge.gateway });
    const clause = purpose === 'conversion' ? '3.2.1' : '3.3.1';
    const which = attempt === 1 ? '' : `, attempt ${attempt}`;
    change.record(
      'charge.opened',
      clause,
      `${amountMinor} ${currency} is charged for term ${charge.termNumber}${which}`,
      {
        chargeId: charge.id,
        reference,
        amountMinor,
        currency,
        purpose,
        attempt,
      },
    );
  }

  /** Under a reference of its own, through the authorization that is current when it is sent. */
  private async next(change: Change, charge: Charge, { gateway }: Mandate): Promise<void> {
    const attempts = charge.attempts + 1;
    const reference = chargeReference(charge.subscriptionId, charge.termNumber, charge.purpose, attempts);
    const again: Charge = { ...charge, attempts, reference, gateway, status: 'pending' };
    await this.charges.save(change.tx, again);
    await this.intend(change, again);
  }

  private async requireMandate({ tx, subscription }: Change): Promise<Mandate> {
    const mandate = await this.mandates.current(tx, subscription.id);
    if (mandate !== null) return mandate;
    throw new Refusal(
      'payment_method_rejected',
      'There is no deduction authorization; supply a payment method.',
      '3.2.1',
    );
  }

  private async requireOtherMethod({ tx }: Change, { id, mandateId }: Charge, mandate: Mandate): Promise<void> {
    const last = (await this.requests.attemptsWithin(tx, id)).at(-1);
    if (last?.failure !== 'hard' || mandate.id !== mandateId) return;
    throw new Refusal(
      'payment_method_rejected',
      `This payment method was declined for good (${last.code}): supply another one.`,
      '5.1',
    );
  }
}
