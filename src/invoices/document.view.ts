/** How an invoice or a credit note is shown: an allow-list of what was frozen when it was issued. */
import { MoneyView } from '../subscriptions/subscription.view.js';
import type { DocumentEntity, DocumentKind } from './document.entity.js';

export class PeriodView {
  from: Date;
  /** Not included. */
  to: Date;
}

export class DocumentView {
  id: string;
  kind: DocumentKind;
  number: string;
  /** The seller: its company, or two joined by " and ". */
  entity: string;
  issuedAt: Date;
  /** When the money was captured, or the refund decided. */
  postedAt: Date;
  subscriptionId: string;
  /** The buyer, by the storefront's opaque id. */
  userId: string;
  /** The market whose tax it is. */
  country: string;
  description: string;
  termNumber: number;
  /** The code of a value-added service; null for a term. */
  addOn: string | null;
  /** The term; null for a value-added service. */
  period: PeriodView | null;
  net: MoneyView;
  tax: MoneyView;
  gross: MoneyView;
  /** 2100 = 21 %. */
  taxBasisPoints: number;
  chargeId: string;
  chargeReference: string;
  clause: string;
  /** Of a credit note: the invoice it corrects, the refund or the lost dispute, and by what it was counted. */
  invoiceId: string | null;
  invoiceNumber: string | null;
  refundId: string | null;
  chargebackId: string | null;
  basis: string | null;
}

export function viewDocument(document: DocumentEntity): DocumentView {
  const { id, kind, number, entity, issuedAt, postedAt, subscriptionId, userId, country, description } = document;
  const { termNumber, addOn, startsAt, endsAt, currency, grossMinor, taxMinor, taxBasisPoints } = document;
  const { chargeId, chargeReference, clause, invoiceId, invoiceNumber, refundId, chargebackId, basis } = document;
  const money = (amount: number): MoneyView => ({ amount, currency });
  return {
    ...{
      id,
      kind,
      number,
      entity,
      issuedAt,
      postedAt,
      subscriptionId,
      userId,
      country,
      description,
      termNumber,
      addOn,
    },
    period: startsAt === null || endsAt === null ? null : { from: startsAt, to: endsAt },
    net: money(grossMinor - taxMinor),
    tax: money(taxMinor),
    gross: money(grossMinor),
    ...{ taxBasisPoints, chargeId, chargeReference, clause, invoiceId, invoiceNumber, refundId, chargebackId, basis },
  };
}
