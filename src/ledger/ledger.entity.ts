/** Tables of what was posted: balanced transactions and their entries. Debit is above zero, credit below. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Account, Fact } from '../domain/ledger.js';

@Entity('ledger_transactions')
export class LedgerTransactionEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  fact: Fact;

  /** What it is about: a charge, a refund, a settlement; its own id where it is its own subject. */
  @Column('uuid')
  subjectId: string;

  @Column('integer')
  occurrence: number;

  @Column('timestamptz')
  at: Date;
}

@Entity('ledger_entries')
export class LedgerEntryEntity {
  @PrimaryColumn('uuid')
  transactionId: string;

  @PrimaryColumn('integer')
  line: number;

  @Column('timestamptz')
  at: Date;

  @Column('text')
  fact: Fact;

  @Column('text', { nullable: true })
  clause: string | null;

  @Column('text')
  entity: string;

  @Column('text')
  currency: string;

  @Column('text')
  account: Account;

  @Column('bigint')
  amountMinor: number;

  @Column('uuid', { nullable: true })
  subscriptionId: string | null;

  @Column('integer', { nullable: true })
  termNumber: number | null;
}
