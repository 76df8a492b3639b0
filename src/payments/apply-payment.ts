/**
 * What captured money begins: the term it pays for, or, when the membership has ended meanwhile, its way back. The law
 * decides which; the books follow in the same transaction.
 */
import { Injectable } from '@nestjs/common';
import type { Charge } from '../domain/charge.js';
import { hasCancellationPeriod } from '../domain/rule-pack.js';
import { settleCapture } from '../domain/settlement.js';
import type { Term } from '../domain/subscription.js';
import { Ledger } from '../ledger/ledger.js';
import { MarketStore } from '../markets/market.store.js';
import { newId } from '../platform/ids.js';
import { endOfCalendarDays } from '../platform/time/calendar.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { ChargeStore } from './charge.store.js';

@Injectable()
export class ApplyPayment {
  constructor(
    private readonly charges: ChargeStore,
    private readonly subscriptions: SubscriptionStore,
    private readonly markets: MarketStore,
    private readonly ledger: Ledger,
  ) {}

  /** `charge`: succeeded, and saved so. */
  async apply(change: Change, charge: Charge): Promise<void> {
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
      await this.charges.save(change.tx, { ...charge, unappliedAt: now });
      change.record('charge.unapplied', effect.clause, 'captured after the membership had ended: all of it goes back', {
        chargeId,
      });
      return this.ledger.capturedUnapplied(change, charge, effect.clause);
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
      contractingEntities: subscription.contractingEntities,
      cancellationPeriodEndsAt: hasCancellationPeriod(pack, firstPaidTerm)
        ? endOfCalendarDays(effect.startsAt, pack.cancellationPeriodDays, pack.timeZone)
        : null,
    };
    await this.subscriptions.insertTerm(change.tx, term);
    change.terms.push(term);
    await this.ledger.captured(change, charge, term, effect.clause);
    this.begin(change, term, effect.move, effect.clause);
  }

  private begin(change: Change, term: Term, move: Parameters<Change['move']>[0], clause: string): void {
    const recovered = change.subscription.status === 'past_due';
    change.move(move);
    change.moveCharge({ name: 'close' });
    const { number, startsAt, endsAt, cancellationPeriodEndsAt } = term;
    if (recovered) change.record('subscription.recovered', '5.1', 'the overdue payment succeeded');
    const begun = startsAt <= change.now;
    const event = move === 'renew' ? 'subscription.renewed' : 'subscription.activated';
    change.record(
      begun ? event : 'next_term.bought',
      clause,
      `paid term ${number} runs from ${startsAt.toISOString()} to ${endsAt.toISOString()}`,
      { termNumber: number, startsAt, endsAt, cancellationPeriodEndsAt },
    );
  }
}
