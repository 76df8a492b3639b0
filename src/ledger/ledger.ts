/**
 * What the facts of a membership do to the books, in the transaction of the fact. The law says which accounts; this
 * keeps what is deferred of each fee, and splits the tax.
 */
import { Injectable } from '@nestjs/common';
import type { RefundBasis } from '../domain/cancellation.js';
import type { Charge } from '../domain/charge.js';
import { deferredMinor, recognitions, type DeferredFee } from '../domain/deferred-fee.js';
import {
  bookOf,
  deferredAccount,
  postAddOnUsed,
  postCapture,
  postCompensation,
  postForfeitureCorrected,
  postKept,
  postRecognition,
  postRefundOwed,
  postTransfer,
  postUnappliedPayment,
  type Fact,
  type KeptAs,
  type Posting,
} from '../domain/ledger.js';
import type { Subscription, Term } from '../domain/subscription.js';
import { taxOfRefund, taxWithin } from '../domain/tax.js';
import { TaxRateStore } from '../markets/tax-rate.store.js';
import type { Tx } from '../platform/database/tx.js';
import { DeferredFeeStore } from './deferred-fee.store.js';
import { Post, type Entry } from './post.js';

/** The change that a fact belongs to. */
export interface LedgerContext {
  readonly tx: Tx;
  readonly now: Date;
  readonly subscription: Pick<Subscription, 'id' | 'country' | 'contractingEntities'>;
}

interface OwedRefund {
  id: string;
  chargeId: string;
  amountMinor: number;
  basis: RefundBasis;
  clause: string;
}

@Injectable()
export class Ledger {
  constructor(
    private readonly fees: DeferredFeeStore,
    private readonly taxRates: TaxRateStore,
    private readonly post: Post,
  ) {}

  /** Money came in for a term, or, with `term` null, for a value-added service. */
  async captured(
    { tx, now, subscription }: LedgerContext,
    charge: Charge,
    term: { startsAt: Date; endsAt: Date } | null,
    clause: string,
  ): Promise<void> {
    const taxBasisPoints = await this.taxRates.basisPointsAt(tx, subscription.country, now);
    const fee: DeferredFee = {
      chargeId: charge.id,
      subscriptionId: subscription.id,
      termNumber: charge.termNumber,
      kind: term === null ? 'add_on' : 'term',
      entity: bookOf(subscription.contractingEntities),
      currency: charge.currency,
      grossMinor: charge.amountMinor,
      taxMinor: taxWithin(charge.amountMinor, taxBasisPoints),
      taxBasisPoints,
      startsAt: term?.startsAt ?? null,
      endsAt: term?.endsAt ?? null,
      capturedAt: now,
      recognisedMinor: 0,
      recognisedUntil: null,
      returnedMinor: 0,
      status: 'open',
    };
    await this.fees.insert(tx, fee);
    const postings = postCapture(fee.grossMinor, fee.taxMinor, deferredAccount(fee));
    await this.ofFee(tx, fee, { fact: 'capture', subjectId: charge.id, at: now, clause, postings });
  }

  /** Money came in that pays for nothing. */
  async capturedUnapplied({ tx, now, subscription }: LedgerContext, charge: Charge, clause: string): Promise<void> {
    const { id: subjectId, amountMinor, currency, termNumber } = charge;
    const entity = bookOf(subscription.contractingEntities);
    const named = { entity, currency, clause, subscriptionId: subscription.id, termNumber };
    const entries = postUnappliedPayment(amountMinor).map((posting) => ({ ...posting, ...named }));
    await this.post.post(tx, { fact: 'capture_unapplied', subjectId, at: now, entries });
  }

  /** A refund was decided: from now on it is owed. For an unapplied payment it was owed from the start. */
  async refundOwed({ tx, now }: LedgerContext, refund: OwedRefund): Promise<void> {
    const fee = await this.fees.lock(tx, refund.chargeId);
    if (fee === null) return;
    const { id: subjectId, amountMinor, basis, clause } = refund;
    const back = { grossMinor: amountMinor, taxMinor: taxOfRefund(fee, fee.returnedMinor, amountMinor) };
    const returned = { ...fee, returnedMinor: fee.returnedMinor + amountMinor };
    if (basis === 'compensation' || basis === 'adopted' || fee.status !== 'open') {
      const postings = postCompensation(back.grossMinor, back.taxMinor);
      await this.ofFee(tx, fee, { fact: 'compensation', subjectId, at: now, clause, postings });
      return this.fees.save(tx, returned);
    }
    const deferred = await this.cutShort(tx, returned, now);
    const postings = postRefundOwed(deferred, back, keptOf(fee, basis));
    await this.ofFee(tx, fee, { fact: 'refund_owed', subjectId, at: now, clause, postings });
  }

  /**
   * The service ends before its time: what was not returned of its fees is kept, as income of that name, of value-added
   * services as theirs unless it is forfeited. `chargeId`: of this fee alone.
   */
  async serviceCutShort(
    { tx, now, subscription }: LedgerContext,
    keptAs: KeptAs,
    clause: string,
    chargeId?: string,
  ): Promise<void> {
    for (const fee of await this.fees.ofSubscription(tx, subscription.id)) {
      if (chargeId !== undefined && fee.chargeId !== chargeId) continue;
      // What has run its time is earned when its month closes.
      if (fee.status !== 'open' || (fee.endsAt !== null && fee.endsAt <= now)) continue;
      const forfeited = keptAs === 'forfeited_fees';
      const income = fee.kind === 'add_on' && !forfeited ? 'add_on_revenue' : keptAs;
      const { account, restMinor } = await this.cutShort(tx, fee, now, forfeited ? 'forfeited' : 'ended');
      const fact = forfeited ? 'forfeiture' : 'fee_kept';
      await this.ofFee(tx, fee, {
        fact,
        subjectId: null,
        at: now,
        clause,
        postings: postKept(account, restMinor, income),
      });
    }
  }

  /** A mistaken finding is corrected (6.1.2): what was forfeited is owed again, and terms that were moved last longer. */
  async serviceCorrected({ tx, now, subscription }: LedgerContext, moved: readonly Term[]): Promise<void> {
    for (const fee of await this.fees.ofSubscription(tx, subscription.id)) {
      const term = moved.find(({ chargeId }) => chargeId === fee.chargeId && fee.status !== 'ended');
      if (term === undefined && fee.status !== 'forfeited') continue;
      const { startsAt, endsAt } = term ?? fee;
      const reopened: DeferredFee = { ...fee, startsAt, endsAt, status: 'open' };
      await this.fees.save(tx, reopened);
      if (fee.status !== 'forfeited') continue;
      const postings = postForfeitureCorrected(deferredAccount(fee), deferredMinor(reopened));
      await this.ofFee(tx, fee, { fact: 'forfeiture_corrected', subjectId: null, at: now, clause: '6.1.2', postings });
    }
  }

  /** A value-added service was used for the first time: nothing of it goes back any more (3.1.3). */
  async addOnUsed({ tx, now }: LedgerContext, chargeId: string): Promise<void> {
    const fee = await this.fees.lock(tx, chargeId);
    if (fee?.status !== 'open') return;
    const postings = postAddOnUsed(deferredMinor(fee));
    await this.fees.save(tx, { ...fee, recognisedMinor: deferredMinor(fee), status: 'earned' });
    await this.ofFee(tx, fee, { fact: 'add_on_used', subjectId: chargeId, at: now, clause: '3.1.3', postings });
  }

  /** Another company takes over (8.3): what is still owed in service moves to its books; later facts follow. */
  async transferred({ tx, now, subscription }: LedgerContext): Promise<void> {
    const entity = bookOf(subscription.contractingEntities);
    for (const fee of await this.fees.ofSubscription(tx, subscription.id)) {
      if (fee.entity === entity) continue;
      await this.recognise(tx, fee, now);
      const moved = { ...fee, entity };
      await this.fees.save(tx, moved);
      const postings = postTransfer(deferredAccount(fee), deferredMinor(fee));
      const sides = [...entriesOf(fee, '8.3', postings), ...entriesOf(moved, '8.3', postings.map(turned))];
      await this.post.post(tx, { fact: 'entity_transfer', subjectId: null, at: now, entries: sides });
    }
  }

  /** Ends the fee's service at an instant; returns what was not earned of it, which the caller posts. */
  async cutShort(tx: Tx, fee: DeferredFee, at: Date, status: 'ended' | 'forfeited' = 'ended') {
    await this.recognise(tx, fee, at);
    const restMinor = deferredMinor(fee);
    await this.fees.save(tx, { ...fee, status });
    return { account: deferredAccount(fee), restMinor };
  }

  /** Brings the fee up to the instant, each part in the month it was earned in. */
  private async recognise(tx: Tx, fee: DeferredFee, upTo: Date): Promise<void> {
    const closed = await tx.query<{ ends_at: Date | null }>(
      `select max(ends_at) as ends_at from month_closes where status = 'done'`,
    );
    for (const { at, amountMinor } of recognitions(fee, upTo, closed[0]?.ends_at ?? null)) {
      fee.recognisedMinor += amountMinor;
      const postings = postRecognition(amountMinor);
      await this.ofFee(tx, fee, { fact: 'recognition', subjectId: null, at, clause: '3.3.1', postings });
    }
    fee.recognisedUntil = upTo;
  }

  private async ofFee(
    tx: Tx,
    fee: DeferredFee,
    said: { fact: Fact; subjectId: string | null; at: Date; clause: string; postings: Posting[] },
  ): Promise<void> {
    const { fact, subjectId, at, clause, postings } = said;
    await this.post.post(tx, { fact, subjectId, at, entries: entriesOf(fee, clause, postings) });
  }
}

function entriesOf(fee: DeferredFee, clause: string, postings: Posting[]): Entry[] {
  const { entity, currency, subscriptionId, termNumber } = fee;
  return postings.map((posting) => ({ ...posting, entity, currency, clause, subscriptionId, termNumber }));
}

function turned({ account, amountMinor }: Posting): Posting {
  return { account, amountMinor: -amountMinor };
}

function keptOf({ kind }: DeferredFee, basis: RefundBasis): KeptAs {
  if (kind === 'add_on') return 'add_on_revenue';
  return basis === 'full_less_benefits' ? 'benefit_deductions' : 'membership_revenue';
}
