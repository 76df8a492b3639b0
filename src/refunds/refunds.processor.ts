/**
 * The jobs of refunds: try failed ones again, make a case of what is not paid by its deadline, and return money that
 * was captured after its reason had gone.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Change } from '../subscriptions/change.js';
import { SubscriptionJobs } from '../subscriptions/subscription-jobs.js';
import { OpenRefund } from './open-refund.js';
import { RefundStore } from './refund.store.js';

/** By the market's deadline it had to be paid (rules 7), and nobody was told yet that it is not. */
const UNPAID = `status <> 'succeeded' and overdue_at is null and deadline_at is not null`;

@Injectable()
export class RefundsProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: SubscriptionJobs,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly openRefund: OpenRefund,
    private readonly cases: CaseStore,
  ) {}

  onModuleInit(): void {
    const ofRefund = async (id: string): Promise<string> => (await this.refunds.get(id)).subscriptionId;
    const ofCharge = async (id: string): Promise<string> => (await this.charges.get(id)).subscriptionId;
    this.jobs.register(
      { name: 'retry_refund', table: 'refunds', where: 'retry_at is not null', dueAt: 'retry_at' },
      (change, id) => this.retry(change, id),
      ofRefund,
    );
    this.jobs.register(
      { name: 'watch_refund', table: 'refunds', where: UNPAID, dueAt: 'deadline_at' },
      (change, id) => this.watch(change, id),
      ofRefund,
    );
    // Money whose reason had gone when it came in; while it is disputed, the bank has it.
    this.jobs.register(
      { name: 'correct_capture', table: 'charges', where: 'unapplied_at is not null and disputed_minor = 0' },
      (change, id) => this.correctCapture(change, id),
      ofCharge,
    );
  }

  private async retry(change: Change, id: string): Promise<void> {
    await this.openRefund.retry(change, await this.refunds.lock(change.tx, id));
  }

  private async watch(change: Change, id: string): Promise<void> {
    const { tx, now, subscription } = change;
    const refund = await this.refunds.lock(tx, id);
    const { amountMinor, currency, deadlineAt, status, clause } = refund;
    await this.refunds.save(tx, { ...refund, overdueAt: now });
    const explanation = `${amountMinor} ${currency} had to be paid by ${deadlineAt?.toISOString()} and was not`;
    change.record('refund.overdue', clause, explanation, { refundId: id, deadlineAt });
    await this.cases.open(tx, {
      kind: 'refund_overdue',
      subscriptionId: subscription.id,
      subjectId: id,
      explanation,
      data: { deadlineAt, status },
      openedAt: now,
      recurs: true,
    });
  }

  /** All that the bank did not take goes back: there is no term, and no add-on, it paid for. */
  private async correctCapture(change: Change, chargeId: string): Promise<void> {
    const charge = await this.charges.lock(change.tx, chargeId);
    await this.charges.save(change.tx, { ...charge, unappliedAt: null });
    const { currency, purpose } = charge;
    const amountMinor = charge.amountMinor - (await this.refunds.returnedMinor(change.tx, chargeId));
    if (amountMinor === 0) return;
    const reason = `captured after ${purpose === 'add_on' ? 'it was no longer wanted' : 'the membership had ended'}`;
    await this.openRefund.open(change, {
      chargeId,
      cancellationId: null,
      money: { amountMinor, currency },
      basis: 'full',
      clause: purpose === 'add_on' ? '3.1.3' : '3.3.1',
      calculation: { paidMinor: charge.amountMinor, reason },
      explanation: `${amountMinor} ${currency} was ${reason}; all of it goes back`,
    });
  }
}
