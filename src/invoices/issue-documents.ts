/**
 * Issues what is due a document (docs/TAX.md): an invoice for each capture that pays for something, a credit note for each
 * refund owed against one and for each chargeback that took it. It reads the ledger's own facts, in the order they were
 * posted, and moves no money. Numbers of a company and kind have no gap: they are counted in the transaction that writes
 * the documents.
 */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';
import { Clock } from '../platform/time/clock.js';
import type { DocumentKind } from './document.entity.js';

// A batch holds its counter, and nothing else, for a fraction of a second.
const BATCH = 1000;

/** A refund's invoice may be another company's and not issued yet: then its credit note waits for the next poll. */
const ISSUE = `
  with waiting as materialized (
    select transaction_id from undocumented_facts where entity = $2 and kind = $3 order by transaction_id limit ${BATCH}),
  facts as (
    select t.id, t.at, coalesce(r.charge_id, b.charge_id, t.subject_id) as charge_id, r.id as refund_id,
      b.id as chargeback_id, b.credited_minor, coalesce(r.basis, case when b.id is not null then 'chargeback' end) as basis,
      case when b.id is not null then 'disputed_captures' when r.id is not null then 'refunds_payable'
        else 'gateway_receivable' end as account
    from waiting w join ledger_transactions t on t.id = w.transaction_id
      left join refunds r on r.id = t.subject_id left join chargebacks b on b.id = t.subject_id),
  issued as (
    insert into documents (id, kind, entity, sequence, number, issued_at, posted_at, subscription_id, user_id, country,
      description, term_number, add_on, starts_at, ends_at, currency, gross_minor, tax_minor, tax_basis_points,
      charge_id, charge_reference, clause, invoice_id, invoice_number, refund_id, chargeback_id, basis)
    select id, $3, $2, sequence, prefix || to_char(issued_at at time zone 'UTC', '-YYYY-') ||
        lpad(sequence::text, greatest(6, length(sequence::text)), '0'),
      issued_at, at, subscription_id, user_id, country,
      case basis when 'compensation' then 'Compensation: ' when 'chargeback' then 'Charged back: ' else
        case when basis is null then '' else 'Refund: ' end end || served,
      term_number, add_on, starts_at, ends_at, currency, gross_minor, tax_minor, tax_basis_points,
      charge_id, reference, clause, invoice_id, invoice_number, refund_id, chargeback_id, basis
    from (
      select f.*, k.prefix, greatest($4::timestamptz, k.last_issued_at) as issued_at,
        k.last_number + row_number() over (order by f.id) as sequence, i.id as invoice_id, i.number as invoice_number,
        s.id as subscription_id, s.user_id, s.country, d.term_number, d.starts_at, d.ends_at, d.tax_basis_points,
        a.code as add_on, coalesce('Value-added service ' || a.code, 'VIP membership, term ' || d.term_number) as served,
        c.reference, g.clause, g.currency, coalesce(f.credited_minor, abs(g.amount_minor)) as gross_minor,
        coalesce(abs(x.amount_minor), 0) as tax_minor
      from facts f
      join document_counters k on k.id = $1
      join ledger_entries g on g.transaction_id = f.id and g.account = f.account
      left join ledger_entries x on x.transaction_id = f.id and x.account = 'tax_payable'
      join deferred_fees d on d.charge_id = f.charge_id
      join charges c on c.id = f.charge_id
      join subscriptions s on s.id = d.subscription_id
      left join add_on_charges o on o.charge_id = f.charge_id
      left join add_ons a on a.id = o.add_on_id
      left join documents i on $3 = 'credit_note' and i.charge_id = f.charge_id and i.kind = 'invoice'
      where $3 = 'invoice' or i.id is not null) documented
    returning id, issued_at),
  taken as (
    delete from undocumented_facts u using issued
    where (u.entity, u.kind, u.transaction_id) = ($2, $3, issued.id))
  update document_counters set last_number = last_number + counted.documents, claimed_until = null,
    last_issued_at = coalesce(counted.at, last_issued_at)
  from (select count(*)::integer as documents, max(issued_at) as at from issued) counted
  where id = $1
  returning counted.documents`;

interface Counter {
  entity: string;
  kind: DocumentKind;
}

@Injectable()
export class IssueDocuments {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Issues until nothing waits for the counter any more. */
  async issue(counterId: string): Promise<void> {
    let issued = BATCH;
    while (issued === BATCH) issued = await this.batch(counterId);
  }

  private batch(counterId: string): Promise<number> {
    return this.database.transaction(async (tx) => {
      // A statement of its own: the next statement must see what the previous holder of the counter has issued.
      const lock = 'select entity, kind from document_counters where id = $1 for update';
      const [counter] = await tx.query<Counter>(lock, [counterId]);
      if (counter === undefined) throw new Error(`there is no document counter ${counterId}`);
      const { entity, kind } = counter;
      const now = await this.clock.now(tx);
      const [done] = await tx.query<{ documents: number }>(ISSUE, [counterId, entity, kind, now]);
      return done?.documents ?? 0;
    });
  }
}
