/**
 * The duties of refunds: try failed ones again, make a case of what is not paid by its deadline, and return money that
 * was captured after its reason had gone.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { isOverdue } from '../domain/refund.js';
import { ChargeStore } from '../payments/charge.store.js';
import { Database } from '../platform/database.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { OpenRefund } from './open-refund.js';
import { RefundStore } from './refund.store.js';

@Injectable()
export class RefundsProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly database: Database,
    private readonly changeSubscription: ChangeSubscription,
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly openRefund: OpenRefund,
    private readonly cases: CaseStore,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'retry_refund',
      claim: (max) => this.refunds.claimRetries(max),
      perform: (id) => this.retry(id),
    });
    this.runner.register({
      name: 'watch_refund',
      claim: (max) => this.refunds.claimOverdue(max),
      perform: (id) => this.watch(id),
    });
    this.runner.register({
      name: 'correct_capture',
      claim: (max) => this.charges.claimUnserved(max),
      perform: (id) => this.correctCapture(id),
    });
  }

  private async retry(id: string): Promise<void> {
    const { subscriptionId } = await this.refunds.find(this.database.reader, id);
    await this.changeSubscription.run(subscriptionId, 'scheduler', async (change) => {
      const refund = await this.refunds.lock(change.tx, id);
      if (refund.retryAt !== null && refund.retryAt <= change.now) await this.openRefund.retry(change, refund);
    });
  }

  private async watch(id: string): Promise<void> {
    const { subscriptionId } = await this.refunds.find(this.database.reader, id);
    await this.changeSubscription.run(subscriptionId, 'scheduler', async (change) => {
      const { tx, now } = change;
      const refund = await this.refunds.lock(tx, id);
      if (refund.overdueAt !== null || !isOverdue(refund, now)) return;
      const { amountMinor, currency, deadlineAt, status, clause } = refund;
      await this.refunds.save(tx, { ...refund, overdueAt: now });
      const explanation = `${amountMinor} ${currency} had to be paid by ${deadlineAt?.toISOString()} and was not`;
      change.record('refund.overdue', clause, explanation, { refundId: id, deadlineAt });
      await this.cases.open(tx, {
        kind: 'refund_overdue',
        subscriptionId,
        subjectId: id,
        explanation,
        data: { deadlineAt, status },
        openedAt: now,
        recurs: true,
      });
    });
  }

  /** All that the bank did not take goes back: there is no term, and no add-on, it paid for. */
  private async correctCapture(chargeId: string): Promise<void> {
    const { subscriptionId } = await this.charges.find(this.database.reader, chargeId);
    await this.changeSubscription.run(subscriptionId, 'scheduler', async (change) => {
      const charge = await this.charges.lock(change.tx, chargeId);
      if (charge.unservedAt === null || charge.disputedMinor > 0) return;
      await this.charges.save(change.tx, { ...charge, unservedAt: null });
      const { currency, purpose } = charge;
      const amountMinor = charge.amountMinor - (await this.refunds.returnedMinor(change.tx, chargeId));
      if (amountMinor === 0) return;
      const reason = `captured after ${purpose === 'add_on' ? 'it was no longer wanted' : 'the membership had ended'}`;
      await this.openRefund.run(change, {
        chargeId,
        cancellationId: null,
        money: { amountMinor, currency },
        basis: 'full',
        clause: purpose === 'add_on' ? '3.1.3' : '3.3.1',
        calculation: { paidMinor: charge.amountMinor, reason },
        explanation: `${amountMinor} ${currency} was ${reason}; all of it goes back`,
      });
    });
  }
}
