/** What invoices and credit notes must be: complete, without a gap, and equal to the ledger. */
import type { Check } from './check.js';

/** Money that pays for something, and what goes back of it, to the member or their bank. */
const DOCUMENTED = `
  select id, fact from ledger_transactions where fact in ('capture', 'refund_owed', 'compensation')
  union all
  select t.id, t.fact from ledger_transactions t join chargebacks b on b.id = t.subject_id
  where t.fact = 'chargeback_lost' and b.credited_minor > 0`;

export const DOCUMENT_CHECKS: readonly Check[] = [
  {
    id: 'D01',
    sentence: 'Invoices and credit notes are numbered from 1 without a gap, per company and kind.',
    sql: `
      select c.entity, c.kind, c.last_number, count(d.id) as issued from document_counters c
      left join documents d on (d.entity, d.kind) = (c.entity, c.kind)
      group by c.id
      having c.last_number <> count(d.id) or c.last_number <> count(distinct d.sequence)
        or c.last_number <> coalesce(max(d.sequence), 0)`,
  },
  {
    id: 'D02',
    sentence:
      'Every capture that pays for something, and every refund or lost chargeback of one, has its document or waits for it; nothing else has.',
    sql: `
      select coalesce(t.id, d.id) as transaction, t.fact, d.number
      from (${DOCUMENTED}) t
      full join (
        select id, number from documents union all select transaction_id, null from undocumented_facts) d on d.id = t.id
      where t.id is null or d.id is null`,
  },
  {
    id: 'D03',
    sentence: 'A document says what the ledger says of its fact, to the minor unit.',
    sql: `
      select d.number, d.gross_minor, d.tax_minor from documents d
      join ledger_entries e on e.transaction_id = d.id and (d.chargeback_id is null or e.account = 'tax_payable')
      group by d.id
      having d.tax_minor <> coalesce(abs(sum(e.amount_minor) filter (where e.account = 'tax_payable')), 0)
        or d.gross_minor is distinct from case when d.chargeback_id is not null
          then (select b.credited_minor from chargebacks b where b.id = d.chargeback_id)
          else abs(sum(e.amount_minor)
            filter (where e.account = case d.kind when 'invoice' then 'gateway_receivable' else 'refunds_payable' end)) end
        or bool_or((e.entity, e.currency, e.clause, e.at) is distinct from (d.entity, d.currency, d.clause, d.posted_at))`,
  },
  {
    id: 'D04',
    sentence: 'A credit note corrects the invoice of its charge, and all of them no more than it.',
    sql: `
      with credited as (
        select invoice_id, sum(gross_minor) as gross_minor, sum(tax_minor) as tax_minor from documents
        where kind = 'credit_note' group by invoice_id)
      select n.number, i.number as invoice from documents n
      join credited c on c.invoice_id = n.invoice_id
      left join documents i on i.id = n.invoice_id
      where n.kind = 'credit_note'
        and ((i.kind, i.charge_id, i.number) is distinct from ('invoice', n.charge_id, n.invoice_number)
          or c.gross_minor > i.gross_minor or c.tax_minor > i.tax_minor)`,
  },
];
