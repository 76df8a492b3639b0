/**
 * Writes balanced transactions into the ledger: the only way in for single facts. The database refuses what does not
 * sum to zero, a fact posted twice, and an instant in a closed month.
 */
import { Injectable } from '@nestjs/common';
import type { Fact, Posting } from '../domain/ledger.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { LedgerEntryEntity, LedgerTransactionEntity } from './ledger.entity.js';

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

@Injectable()
export class Post {
  /** Posts nothing when there is nothing to post, such as a refund of zero. */
  async post(tx: Tx, { fact, subjectId, occurrence = 1, at, entries }: Transaction): Promise<void> {
    if (entries.length === 0) return;
    const id = newId();
    await tx.insert(LedgerTransactionEntity, { id, fact, subjectId: subjectId ?? id, occurrence, at });
    const lines = entries.map((entry, index) => ({ transactionId: id, line: index + 1, at, fact, ...entry }));
    await tx.insert(LedgerEntryEntity, lines);
  }
}
