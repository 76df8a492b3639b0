/**
 * Writes balanced transactions into the ledger: the only way in for single facts. The database refuses what does not
 * sum to zero, a fact posted twice, and an instant in a closed month.
 */
import { Injectable } from '@nestjs/common';
import type { Fact, Posting } from '../domain/ledger.js';
import type { Tx } from '../platform/database/tx.js';
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

const TRANSACTIONS = `
  insert into ledger_transactions (id, fact, subject_id, occurrence, at)
  select id, fact, "subjectId", occurrence, at
  from jsonb_to_recordset($1::jsonb) as t (id uuid, fact text, "subjectId" uuid, occurrence integer, at timestamptz)`;

const ENTRIES = `
  insert into ledger_entries (transaction_id, line, at, fact, clause, entity, currency, account, amount_minor,
    subscription_id, term_number)
  select e."transactionId", e.line, e.at, e.fact, e.clause, e.entity, e.currency, e.account, e."amountMinor",
    e."subscriptionId", e."termNumber"
  from jsonb_to_recordset($1::jsonb) as e ("transactionId" uuid, line integer, at timestamptz, fact text, clause text,
    entity text, currency text, account text, "amountMinor" bigint, "subscriptionId" uuid, "termNumber" integer)`;

@Injectable()
export class Post {
  /** Posts nothing when there is nothing to post, such as a refund of zero. */
  async post(tx: Tx, transaction: Transaction): Promise<void> {
    if (transaction.entries.length > 0) await tx.together(postAll, { id: newId(), ...transaction });
  }
}

async function postAll(tx: Tx, posted: readonly (Transaction & { id: string })[]): Promise<void> {
  const transactions = posted.map(({ id, fact, subjectId, occurrence = 1, at }) => ({
    ...{ id, fact, occurrence, at },
    subjectId: subjectId ?? id,
  }));
  const entries = posted.flatMap(({ id, fact, at, entries: lines }) =>
    lines.map((entry, index) => ({ transactionId: id, line: index + 1, at, fact, ...entry })),
  );
  await tx.query(TRANSACTIONS, [JSON.stringify(transactions)]);
  await tx.query(ENTRIES, [JSON.stringify(entries)]);
}
