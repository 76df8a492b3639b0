/** Table of what was issued: invoices, and credit notes against them. A row never changes. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

export const DOCUMENT_KINDS = ['invoice', 'credit_note'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

@Entity('documents')
export class DocumentEntity {
  /** The ledger transaction it documents. */
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  kind: DocumentKind;

  /** The book it was posted in: one contracting company, or two joined by " and ". */
  @Column('text')
  entity: string;

  /** 1, 2, 3… per company and kind. */
  @Column('integer')
  sequence: number;

  /** The sequence as it is printed: `INV1-2027-000123`. */
  @Column('text')
  number: string;

  @Column('timestamptz')
  issuedAt: Date;

  /** When the money was captured, or the refund decided. */
  @Column('timestamptz')
  postedAt: Date;

  @Column('uuid')
  subscriptionId: string;

  @Column('text')
  userId: string;

  @Column('text')
  country: string;

  @Column('text')
  description: string;

  @Column('integer')
  termNumber: number;

  /** Its code, where a value-added service was paid and not a term. */
  @Column('text', { nullable: true })
  addOn: string | null;

  @Column('timestamptz', { nullable: true })
  startsAt: Date | null;

  @Column('timestamptz', { nullable: true })
  endsAt: Date | null;

  @Column('text')
  currency: string;

  @Column('bigint')
  grossMinor: number;

  @Column('bigint')
  taxMinor: number;

  /** 2100 = 21 %; the rate of the capture, also for a refund of it. */
  @Column('integer')
  taxBasisPoints: number;

  @Column('uuid')
  chargeId: string;

  @Column('text')
  chargeReference: string;

  @Column('text')
  clause: string;

  /** From here on, of a credit note. */
  @Column('uuid', { nullable: true })
  invoiceId: string | null;

  @Column('text', { nullable: true })
  invoiceNumber: string | null;

  @Column('uuid', { nullable: true })
  refundId: string | null;

  /** In place of a refund: the lost dispute. */
  @Column('uuid', { nullable: true })
  chargebackId: string | null;

  @Column('text', { nullable: true })
  basis: string | null;
}
