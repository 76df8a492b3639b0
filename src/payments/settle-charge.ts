/**
 * What a decided charge does, under the lock: captured money starts its term or goes back, a decline makes the payment
 * overdue or ends the membership. The law decides; this saves.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { classifyDecline, type Charge } from '../domain/charge.js';
import { hasCancellationPeriod } from '../domain/rule-pack.js';
import { settleCapture, settleDecline } from '../domain/settlement.js';
import type { Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { endOfCalendarDays } from '../platform/calendar.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { ChargeStore } from './charge.store.js';
import { OpenCharge } from './open-charge.js';
import { WITHDRAWN, type Outcome } from './outcome.js';

@Injectable()
export class SettleCharge {
  constructor(
    private readonly charges: ChargeStore,
    private readonly mandates: MandateStore,
    private readonly subscriptions: SubscriptionStore,
    private readonly markets: MarketStore,
    private readonly openCharge: OpenCharge,
    private readonly cases: CaseStore,
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
    await this.startTermOrGiveBack(change, charge);
    await this.charges.save(change.tx, charge);
  }

  /** A definitive no, or a request that was taken back. */
  async declined(change: Change, charge: Charge, attempt: number, code: string): Promise<void> {
    if (charge.status === 'succeeded' || attempt !== charge.attempts) return;
    charge.status = 'failed';
    charge.settledAt = change.now;
    await this.charges.save(change.tx, charge);
    const { subscription } = change;
    const data = { chargeId: charge.id, reference: charge.reference, attempt, code };
    if (code === WITHDRAWN) {
      change.record('charge.withdrawn', null, `attempt ${attempt} was taken back before it was decided`, data);
      if (subscription.status !== 'past_due') return;
      // It was taken back so that the member could pay another way.
      subscription.chargeProgress = 'declined';
      return this.openCharge.retry(change);
    }
    change.record('charge.failed', '5.1', `the payment was declined: ${code}`, data);
    this.followDecline(change, code);
  }

  /** The bank wants the member: nothing is tried again until they act (rules 6). */
  waitsForMember(change: Change, clientSecret: string): void {
    const { subscription } = change;
    if (subscription.chargeProgress === 'waiting_for_member') return;
    subscription.chargeProgress = 'waiting_for_member';
    subscription.authenticationSecret = clientSecret;
    subscription.retryAt = null;
    change.record('charge.authentication_required', '5.1', 'the bank asks the member to authenticate the payment');
    if (subscription.status === 'trialing' || subscription.status === 'active') {
      change.move('fall_past_due');
      change.record('subscription.past_due', '5.1', 'the payment waits for the member');
    }
    if (subscription.status === 'past_due') subscription.firstFailedAt ??= change.now;
  }

  private followDecline(change: Change, code: string): void {
    const { subscription, now } = change;
    const { status, firstFailedAt } = subscription;
    const effect = settleDecline({ status, decline: classifyDecline(code), firstFailedAt, now });
    if (effect.kind === 'none') return;
    if (effect.kind === 'end') {
      change.end(effect.move, effect.reason);
      change.record(`subscription.${subscription.status}`, effect.clause, `ended: ${effect.reason}`, { code });
      return;
    }
    if (status !== 'past_due') {
      change.move('fall_past_due');
      change.record('subscription.past_due', '5.1', 'the payment is overdue', { code });
    }
    const { firstFailedAt: since, retryAt } = effect;
    Object.assign(subscription, {
      firstFailedAt: since,
      retryAt,
      chargeProgress: 'declined',
      authenticationSecret: null,
    });
  }

  private async startTermOrGiveBack(change: Change, charge: Charge): Promise<void> {
    const { subscription, lastTerm, now } = change;
    const pack = await this.markets.rulePackAt(change.tx, subscription.country, now);
    const effect = settleCapture({
      status: subscription.status,
      purpose: charge.purpose,
      paidAt: now,
      lastTermEndsAt: lastTerm?.endsAt ?? null,
      benefitsUntil: subscription.benefitsUntil,
      paidTermDays: pack.paidTermDays,
    });
    const { id: chargeId, amountMinor, currency, reference } = charge;
    change.record('charge.succeeded', effect.clause, `${amountMinor} ${currency} was captured`, {
      chargeId,
      reference,
    });
    if (effect.kind === 'give_back') {
      charge.unservedAt = now;
      change.record('charge.unserved', effect.clause, 'captured after the membership had ended: all of it goes back', {
        chargeId,
      });
      return;
    }
    const firstPaidTerm = !change.terms.some((term) => term.kind === 'paid');
    const term: Term = {
      id: newId(),
      subscriptionId: subscription.id,
      number: charge.termNumber,
      kind: 'paid',
      startsAt: effect.startsAt,
      endsAt: effect.endsAt,
      priceMinor: amountMinor,
      currency,
      chargeId,
      rulePackVersion: pack.version,
      cancellationPeriodEndsAt: hasCancellationPeriod(pack, firstPaidTerm)
        ? endOfCalendarDays(effect.startsAt, pack.cancellationPeriodDays, pack.timeZone)
        : null,
    };
    await this.charges.save(change.tx, charge);
    await this.subscriptions.insertTerm(change.tx, term);
    change.terms.push(term);
    this.serve(change, term, effect.move, effect.clause);
  }

  private serve(change: Change, term: Term, move: Parameters<Change['move']>[0], clause: string): void {
    const recovered = change.subscription.status === 'past_due';
    change.move(move);
    Object.assign(change.subscription, {
      chargeProgress: 'none',
      authenticationSecret: null,
      firstFailedAt: null,
      retryAt: null,
    });
    const { number, startsAt, endsAt, cancellationPeriodEndsAt } = term;
    if (recovered) change.record('subscription.recovered', '5.1', 'the overdue payment succeeded');
    change.record(
      move === 'renew' ? 'subscription.renewed' : 'subscription.activated',
      clause,
      `paid term ${number} runs from ${startsAt.toISOString()} to ${endsAt.toISOString()}`,
      { termNumber: number, startsAt, endsAt, cancellationPeriodEndsAt },
    );
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
