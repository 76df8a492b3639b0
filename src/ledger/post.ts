/**
 * Writes one balanced transaction into the ledger: the only way in for a single fact. The database refuses what does not
 * sum to zero, a fact posted twice, and an instant in a closed month.
 */
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Fact, Posting } from '../domain/ledger.js';
import { newId } from '../platform/ids.js';

export interface Entry extends Posting {
  entity: string;
  currency: string;
  clause: string | null;
  subscriptionId: string | null;
  termNumber: number | null;
}

export interface Transaction {
  fact: Fact;
  /** What it is about: a charge, a refund, a settlement; null when it is its own subject. */
  subjectId: string | null;
  /** 1, or more where the same fact happens to the same subject again. */
  occurrence?: number;
  at: Date;
  entries: Entry[];
}

const TRANSACTION =
  'insert into ledger_transactions (id, fact, subject_id, occurrence, at) values ($1, $2, $3, $4, $5)';

const ENTRIES = `
  insert into ledger_entries (transaction_id, line, at, fact, clause, entity, currency, account, amount_minor,
    subscription_id, term_number)
  select $1, e.line, $2, $3, e.clause, e.entity, e.currency, e.account, e."amountMinor", e."subscriptionId",
    e."termNumber"
  from jsonb_to_recordset($4) as e (line integer, clause text, entity text, currency text, account text,
    "amountMinor" bigint, "subscriptionId" uuid, "termNumber" integer)`;

@Injectable()
export class Post {
  /** Returns the transaction's id. Posts nothing when there is nothing to post, such as a refund of zero. */
  async run(tx: EntityManager, transaction: Transaction): Promise<string> {
    const { fact, subjectId, occurrence = 1, at, entries } = transaction;
    const id = newId();
    if (entries.length === 0) return id;
    await tx.query(TRANSACTION, [id, fact, subjectId ?? id, occurrence, at]);
    const lines = entries.map((entry, index) => ({ ...entry, line: index + 1 }));
    await tx.query(ENTRIES, [id, at, fact, JSON.stringify(lines)]);
    return id;
  }
}
