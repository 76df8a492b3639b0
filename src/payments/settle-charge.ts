/**
 * What a decided charge does, under the lock: captured money starts its term or goes back, a decline makes the payment
 * overdue or ends the membership. The law decides; this saves.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Charge, ChargeStatus, DeclineKind, Dunning } from '../domain/charge.js';
import type { Money } from '../domain/money.js';
import { settleDecline } from '../domain/settlement.js';
import { isLive } from '../domain/subscription.js';
import { METHOD_REJECTED, WITHDRAWN, type Outcome } from '../gateway/outcome.js';
import { MarketStore } from '../markets/market.store.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { ApplyPayment } from './apply-payment.js';
import { ChargeStore } from './charge.store.js';
import { OpenCharge } from './open-charge.js';

/** Like a decline that may work later. */
const CANCELED_AT_GATEWAY: No = { code: 'canceled_at_gateway', decline: 'soft' };

interface No {
  code: string;
  decline: DeclineKind;
}

@Injectable()
export class SettleCharge {
  constructor(
    private readonly charges: ChargeStore,
    private readonly mandates: MandateStore,
    private readonly applyPayment: ApplyPayment,
    private readonly openCharge: OpenCharge,
    private readonly cases: CaseStore,
    private readonly markets: MarketStore,
  ) {}

  /** Money was captured: by `gatewayId`, with the method it went through. */
  async captured(change: Change, charge: Charge, outcome: Extract<Outcome, { kind: 'succeeded' }>): Promise<void> {
    if (charge.status === 'succeeded') return this.capturedTwice(change, charge, outcome.gatewayId);
    charge.status = 'succeeded';
    charge.gatewayPaymentId = outcome.gatewayId;
    charge.settledAt = change.now;
    const mandate = await this.mandates.current(change.tx, charge.subscriptionId);
    if (mandate?.status === 'pending' && outcome.method !== null) {
      await this.mandates.accept(change.tx, mandate, outcome.method, change.now);
    }
    await this.charges.save(change.tx, charge);
    await this.applyPayment.apply(change, charge);
  }

  /** A definitive no, the bank's or the gateway's, or a request that was withdrawn. */
  async failed(
    change: Change,
    charge: Charge,
    attempt: number,
    outcome: Extract<Outcome, { kind: 'declined' | 'refused' | 'withdrawn' }>,
  ): Promise<void> {
    if (charge.status === 'succeeded' || attempt !== charge.attempts) return;
    charge.status = 'failed';
    charge.settledAt = change.now;
    await this.charges.save(change.tx, charge);
    const data = { chargeId: charge.id, reference: charge.reference, attempt };
    if (outcome.kind === 'withdrawn') {
      const words = `attempt ${attempt} was withdrawn before it was decided`;
      change.record('charge.withdrawn', null, words, { ...data, code: WITHDRAWN });
      return this.followWithdrawal(change, charge);
    }
    const { code, kind } = outcome;
    const words = kind === 'declined' ? 'the payment was declined' : 'the gateway will not carry this payment out';
    change.record('charge.failed', '5.1', `${words}: ${code}`, { ...data, code });
    // What the gateway refuses may work later, and follows the same schedule (rules 6).
    await this.followDecline(change, charge, { code, decline: kind === 'declined' ? outcome.decline : 'soft' });
    await this.openCharge.retryWithNewerMethod(change);
  }

  /** Nothing is decided: no answer, or the gateway has it under way. */
  async isUnderWay(
    { tx }: Change,
    charge: Charge,
    status: Extract<ChargeStatus, 'pending' | 'unknown'>,
  ): Promise<void> {
    if (charge.status !== 'succeeded') await this.charges.save(tx, { ...charge, status });
  }

  /** The bank wants the member: nothing is tried again until they act (rules 6). */
  async waitsForMember(change: Change, charge: Charge, clientSecret: string): Promise<void> {
    const { subscription } = change;
    // Another attempt has captured it meanwhile.
    if (charge.status === 'succeeded') return this.openCharge.withdraw(change, charge.id);
    if (subscription.chargeProgress === 'waiting_for_member') return;
    change.record('charge.authentication_required', '5.1', 'the bank asks the member to authenticate the payment');
    if (charge.purpose !== 'early_renewal') this.fallPastDue(change, charge);
    const { status, firstFailedAt } = subscription;
    const overdueSince = status === 'past_due' ? (firstFailedAt ?? change.now) : firstFailedAt;
    change.moveCharge({ name: 'wait', secret: clientSecret, overdueSince });
    if (subscription.suspendedAt !== null) await this.openCharge.withdrawWaiting(change);
  }

  private fallPastDue(change: Change, charge: Charge): void {
    const { status } = change.subscription;
    if (status !== 'trialing' && status !== 'active') return;
    change.move('fall_past_due');
    change.record('subscription.past_due', '5.1', 'the payment waits for the member', moneyOf(charge));
  }

  private async followWithdrawal(change: Change, charge: Charge): Promise<void> {
    const { subscription } = change;
    const { purpose } = charge;
    if (!isLive(subscription.status)) return;
    if (purpose === 'early_renewal') {
      change.moveCharge({ name: 'drop' });
    } else if (subscription.status === 'past_due') {
      // It was withdrawn so that the member could pay another way; a suspended one is not charged.
      const { firstFailedAt, retryAt } = subscription;
      change.moveCharge({ name: 'decline', firstFailedAt: firstFailedAt ?? change.now, retryAt });
      if (subscription.suspendedAt === null) await this.openCharge.retry(change);
    } else if (subscription.suspendedAt !== null) {
      change.end('expire', 'suspended');
      change.record('subscription.expired', '5.1', 'its term ended while it was suspended: nothing is charged');
    } else if (subscription.chargeProgress === 'moving') {
      // Nobody here withdrew it: it was canceled at the gateway.
      await this.followDecline(change, charge, CANCELED_AT_GATEWAY);
    }
  }

  private async followDecline(change: Change, charge: Charge, { code, decline }: No): Promise<void> {
    const { subscription, now } = change;
    const { purpose } = charge;
    const { status, firstFailedAt } = subscription;
    const dunning = await this.dunningOf(change);
    const effect = settleDecline({ purpose, status, decline, firstFailedAt, dunning, now });
    if (effect.kind === 'none') {
      if (isLive(status)) change.moveCharge({ name: 'drop' });
      return;
    }
    if (effect.kind === 'end') {
      const rejected = effect.reason === 'payment_declined' && code === METHOD_REJECTED;
      change.end(effect.move, rejected ? 'payment_method_rejected' : effect.reason);
      const event = effect.move === 'abandon' ? 'subscription.abandoned' : 'subscription.expired';
      change.record(event, effect.clause, `ended: ${effect.reason}`, { code });
      return;
    }
    if (status !== 'past_due') {
      change.move('fall_past_due');
      change.record('subscription.past_due', '5.1', 'the payment is overdue', { code, ...moneyOf(charge) });
    }
    change.moveCharge({ name: 'decline', firstFailedAt: effect.firstFailedAt, retryAt: effect.retryAt });
  }

  /** Of the rules the last term began under; of today's where none ever began. */
  private dunningOf({ tx, subscription: { country }, lastTerm, now }: Change): Promise<Dunning> {
    if (lastTerm === null) return this.markets.rulePackAt(tx, country, now);
    return this.markets.rulePack(tx, country, lastTerm.rulePackVersion);
  }

  /** Two attempts of one charge both captured: a person decides, nothing is returned blindly. */
  private async capturedTwice({ tx, now }: Change, charge: Charge, gatewayId: string): Promise<void> {
    if (charge.gatewayPaymentId === gatewayId) return;
    await this.cases.open(tx, {
      kind: 'answer_contradicts',
      subscriptionId: charge.subscriptionId,
      subjectId: charge.id,
      explanation: `charge ${charge.reference} was captured by ${charge.gatewayPaymentId} and again by ${gatewayId}`,
      data: { gatewayIds: [charge.gatewayPaymentId, gatewayId] },
      openedAt: now,
    });
  }
}

function moneyOf({ amountMinor, currency }: Charge): Money {
  return { amountMinor, currency };
}
