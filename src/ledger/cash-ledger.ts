/**
 * What the gateway's money does to the books: refunds paid, settlements, chargebacks and write-offs. Each is posted in
 * the book in which it was owed or captured, whoever the company is by then.
 */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  postChargebackLost,
  postChargebackOpened,
  postChargebackWon,
  postRefundBounced,
  postRefundPaid,
  postRefundPaidOtherwise,
  postSettlement,
  postWriteOff,
  type Fact,
  type Posting,
} from '../domain/ledger.js';
import { taxOfRefund } from '../domain/tax.js';
import { DeferredFeeStore } from './deferred-fee.store.js';
import { Ledger } from './ledger.js';
import { Post, type Entry } from './post.js';

interface At {
  readonly tx: EntityManager;
  readonly now: Date;
}

/** A refund, and which attempt of it. */
interface PaidRefund {
  id: string;
  chargeId: string;
  amountMinor: number;
  clause: string;
  attempts: number;
}

export interface SettledBook {
  entity: string;
  currency: string;
  /** Captures less refunds; below zero when more went back. */
  grossMinor: number;
  feeMinor: number;
}

type Named = Omit<Entry, keyof Posting>;

/** Where a refund was made a debt: when it was decided, or when money came in that nothing was served for. */
const OWED = `
  select e.entity, e.currency, e.subscription_id as "subscriptionId", e.term_number as "termNumber"
  from ledger_transactions t join ledger_entries e on e.transaction_id = t.id and e.account = 'refunds_payable'
  where (t.fact in ('refund_owed', 'compensation') and t.subject_id = $1)
    or (t.fact = 'capture_unserved' and t.subject_id = $2)
  order by t.subject_id = $1 desc limit 1`;

@Injectable()
export class CashLedger {
  constructor(
    private readonly fees: DeferredFeeStore,
    private readonly ledger: Ledger,
    private readonly post: Post,
  ) {}

  /** The gateway has returned it. */
  refundPaid(at: At, refund: PaidRefund): Promise<void> {
    return this.ofRefund(at, refund, 'refund_paid', postRefundPaid(refund.amountMinor));
  }

  /** The gateway says afterwards that it could not. */
  refundBounced(at: At, refund: PaidRefund): Promise<void> {
    return this.ofRefund(at, refund, 'refund_bounced', postRefundBounced(refund.amountMinor));
  }

  /** Finance has paid it from the bank. */
  refundPaidOtherwise(at: At, refund: PaidRefund): Promise<void> {
    return this.ofRefund(at, refund, 'refund_paid_otherwise', postRefundPaidOtherwise(refund.amountMinor));
  }

  /** A settlement agrees with the books: the gateway has paid out, less its fees. */
  async settled({ tx, now }: At, settlementId: string, books: SettledBook[]): Promise<void> {
    const entries = books.flatMap(({ entity, currency, grossMinor, feeMinor }) =>
      postSettlement(grossMinor, feeMinor).map((posting) => ({ ...posting, ...ofNobody(entity, currency) })),
    );
    await this.post.run(tx, { fact: 'settlement', subjectId: settlementId, at: now, entries });
  }

  /** Two people have given a break up. `amountMinor` above zero: a loss. */
  async wroteOff(
    { tx, now }: At,
    breakId: string,
    book: { entity: string; currency: string; amountMinor: number },
  ): Promise<void> {
    const named = ofNobody(book.entity, book.currency);
    const entries = postWriteOff(book.amountMinor).map((posting) => ({ ...posting, ...named }));
    await this.post.run(tx, { fact: 'write_off', subjectId: breakId, at: now, entries });
  }

  /** The bank has taken the money back while the dispute is decided. `id`: the chargeback's. */
  chargebackOpened(at: At, id: string, dispute: { chargeId: string; amountMinor: number }): Promise<void> {
    return this.ofCharge(at, dispute.chargeId, 'chargeback_opened', id, postChargebackOpened(dispute.amountMinor));
  }

  chargebackWon(at: At, id: string, dispute: { chargeId: string; amountMinor: number }): Promise<void> {
    return this.ofCharge(at, dispute.chargeId, 'chargeback_won', id, postChargebackWon(dispute.amountMinor));
  }

  /** The money is gone: what was not earned of the fee leaves the books, the rest is a loss. */
  async chargebackLost(at: At, id: string, dispute: { chargeId: string; amountMinor: number }): Promise<void> {
    const { chargeId, amountMinor } = dispute;
    const fee = await this.fees.lock(at.tx, chargeId);
    if (fee === null) throw new Error(`charge ${chargeId} is disputed but was never posted as a fee`);
    const returnableMinor = Math.min(amountMinor, fee.grossMinor - fee.returnedMinor);
    const taxMinor = taxOfRefund(fee, fee.returnedMinor, returnableMinor);
    const deferred = await this.ledger.cutShort(at.tx, fee, at.now);
    await this.fees.addReturned(at.tx, chargeId, returnableMinor);
    const postings = postChargebackLost(amountMinor, taxMinor, deferred);
    await this.ofCharge(at, chargeId, 'chargeback_lost', id, postings);
  }

  private async ofRefund(at: At, refund: PaidRefund, fact: Fact, postings: Posting[]): Promise<void> {
    const [owed] = await at.tx.query<Omit<Named, 'clause'>[]>(OWED, [refund.id, refund.chargeId]);
    if (owed === undefined) throw new Error(`refund ${refund.id} was never posted as owed`);
    const entries = postings.map((posting) => ({ ...posting, ...owed, clause: refund.clause }));
    const { id: subjectId, attempts: occurrence } = refund;
    await this.post.run(at.tx, { fact, subjectId, occurrence, at: at.now, entries });
  }

  private async ofCharge(at: At, chargeId: string, fact: Fact, subjectId: string, postings: Posting[]): Promise<void> {
    const fee = await this.fees.lock(at.tx, chargeId);
    if (fee === null) throw new Error(`charge ${chargeId} is disputed but was never posted as a fee`);
    const { entity, currency, subscriptionId, termNumber } = fee;
    const named = { entity, currency, subscriptionId, termNumber, clause: '5.2' };
    const entries = postings.map((posting) => ({ ...posting, ...named }));
    await this.post.run(at.tx, { fact, subjectId, at: at.now, entries });
  }
}

function ofNobody(entity: string, currency: string): Named {
  return { entity, currency, clause: null, subscriptionId: null, termNumber: null };
}
