/**
 * What the gateway's money does to the books: refunds paid, settlements, chargebacks and write-offs. Each is posted in
 * the book in which it was owed or captured, also after another company has taken over.
 */
import { Injectable } from '@nestjs/common';
import {
  postBetween,
  postChargebackLost,
  postChargebackOpened,
  postChargebackWon,
  postRefundBounced,
  postRefundCovered,
  postRefundPaid,
  postRefundPaidOtherwise,
  postSettlement,
  postWriteOff,
  type Fact,
  type Posting,
} from '../domain/ledger.js';
import { taxOfRefund } from '../domain/tax.js';
import type { Tx } from '../platform/database/tx.js';
import { DeferredFeeStore } from './deferred-fee.store.js';
import { Ledger } from './ledger.js';
import { Post, type Entry, type Transaction } from './post.js';

interface At {
  readonly tx: Tx;
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

/** Disputed money of a charge, in minor units. */
interface Dispute {
  chargeId: string;
  amountMinor: number;
}

type Named = Omit<Entry, keyof Posting>;
type Book = Omit<Named, 'clause'>;

const DISPUTE_CLAUSE = '5.2';

/** Where a refund was made a debt: when it was decided, or when an unapplied payment came in. */
const OWED = `
  select e.entity, e.currency, e.subscription_id as "subscriptionId", e.term_number as "termNumber"
  from ledger_transactions t join ledger_entries e on e.transaction_id = t.id and e.account = 'refunds_payable'
  where (t.fact in ('refund_owed', 'compensation') and t.subject_id = $1)
    or (t.fact = 'capture_unapplied' and t.subject_id = $2)
  order by t.subject_id = $1 desc limit 1`;

const CAPTURED = `
  select e.entity, e.currency, e.subscription_id as "subscriptionId", e.term_number as "termNumber"
  from ledger_transactions t join ledger_entries e on e.transaction_id = t.id and e.account = 'gateway_receivable'
  where t.fact in ('capture', 'capture_unapplied') and t.subject_id = $1`;

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
      postSettlement(grossMinor, feeMinor).map((posting) => ({ ...posting, ...unattributed(entity, currency) })),
    );
    await this.post.post(tx, { fact: 'settlement', subjectId: settlementId, at: now, entries });
  }

  /** Two people have given a break up. `amountMinor` above zero: a loss. */
  async wroteOff(
    { tx, now }: At,
    breakId: string,
    book: { entity: string; currency: string; amountMinor: number },
  ): Promise<void> {
    const named = unattributed(book.entity, book.currency);
    const entries = postWriteOff(book.amountMinor).map((posting) => ({ ...posting, ...named }));
    await this.post.post(tx, { fact: 'write_off', subjectId: breakId, at: now, entries });
  }

  /** The bank has taken the money back while the dispute is decided. `id`: the chargeback's. */
  chargebackOpened(at: At, id: string, dispute: Dispute): Promise<void> {
    return this.ofCapture(at, 'chargeback_opened', id, dispute, postChargebackOpened(dispute.amountMinor));
  }

  /** The bank has given it back. */
  chargebackWon(at: At, id: string, dispute: Dispute): Promise<void> {
    return this.ofCapture(at, 'chargeback_won', id, dispute, postChargebackWon(dispute.amountMinor));
  }

  /** The disputed money was lost, and so the bank has paid what this refund owed. */
  async refundCovered(at: At, refund: PaidRefund): Promise<void> {
    const [owed] = await at.tx.query<Book>(OWED, [refund.id, refund.chargeId]);
    if (owed === undefined) throw new Error(`refund ${refund.id} was never posted as owed`);
    const captured = await this.bookOf(at.tx, refund.chargeId);
    const entries = postRefundCovered(refund.amountMinor).map((posting) =>
      posting.account === 'refunds_payable' ? { ...owed, ...posting } : { ...captured, ...posting },
    );
    const { id: subjectId, attempts: occurrence, clause } = refund;
    await this.between(at, { fact: 'refund_paid_otherwise', subjectId, occurrence, at: at.now }, entries, clause);
  }

  /**
   * The money is gone, less what of it has paid refunds: what was not earned of the fee leaves the books, the rest is a
   * loss. `owedMinor`: still owed back of an unapplied payment. Returns what of a fee, gross and in minor
   * units, this gave back: the credit note of the chargeback.
   */
  async chargebackLost(at: At, id: string, lost: Dispute, owedMinor: number): Promise<number> {
    const { chargeId, amountMinor } = lost;
    if (amountMinor === 0) return 0;
    const captured = await this.bookOf(at.tx, chargeId);
    const fee = await this.fees.lock(at.tx, chargeId);
    const transaction = { fact: 'chargeback_lost', subjectId: id, at: at.now } as const;
    if (fee === null) {
      const deferred = { account: 'refunds_payable', restMinor: Math.min(owedMinor, amountMinor) } as const;
      const entries = postChargebackLost(amountMinor, 0, deferred).map((posting) => ({ ...captured, ...posting }));
      await this.between(at, transaction, entries, DISPUTE_CLAUSE);
      return 0;
    }
    const creditedMinor = Math.min(amountMinor, fee.grossMinor - fee.returnedMinor);
    const taxMinor = taxOfRefund(fee, fee.returnedMinor, creditedMinor);
    const deferred = await this.ledger.cutShort(at.tx, fee, at.now);
    await this.fees.addReturned(at.tx, fee.chargeId, creditedMinor);
    const entries = postChargebackLost(amountMinor, taxMinor, deferred).map((posting) => {
      const entity = posting.account === 'disputed_captures' ? captured.entity : fee.entity;
      return { ...captured, entity, ...posting };
    });
    await this.between(at, transaction, entries, DISPUTE_CLAUSE);
    return creditedMinor;
  }

  private async ofRefund(at: At, refund: PaidRefund, fact: Fact, postings: Posting[]): Promise<void> {
    const [owed] = await at.tx.query<Book>(OWED, [refund.id, refund.chargeId]);
    if (owed === undefined) throw new Error(`refund ${refund.id} was never posted as owed`);
    const entries = postings.map((posting) => ({ ...posting, ...owed, clause: refund.clause }));
    const { id: subjectId, attempts: occurrence } = refund;
    await this.post.post(at.tx, { fact, subjectId, occurrence, at: at.now, entries });
  }

  private async ofCapture(at: At, fact: Fact, id: string, { chargeId }: Dispute, postings: Posting[]): Promise<void> {
    const named = { ...(await this.bookOf(at.tx, chargeId)), clause: DISPUTE_CLAUSE };
    const entries = postings.map((posting) => ({ ...posting, ...named }));
    await this.post.post(at.tx, { fact, subjectId: id, at: at.now, entries });
  }

  /** The book the money came into. */
  private async bookOf(tx: Tx, chargeId: string): Promise<Book> {
    const [book] = await tx.query<Book>(CAPTURED, [chargeId]);
    if (book === undefined) throw new Error(`charge ${chargeId} is disputed but was never posted as captured`);
    return book;
  }

  private async between(
    at: At,
    transaction: Omit<Transaction, 'entries'>,
    entries: (Book & Posting)[],
    clause: string,
  ): Promise<void> {
    const all = [...entries, ...postBetween(entries)].map((entry) => ({ ...entry, clause }));
    await this.post.post(at.tx, { ...transaction, entries: all });
  }
}

function unattributed(entity: string, currency: string): Named {
  return { entity, currency, clause: null, subscriptionId: null, termNumber: null };
}
