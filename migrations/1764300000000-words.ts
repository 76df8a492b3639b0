import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Names that said how a thing works say what it is: an unapplied payment, a manual refund. Rows stay; of the ledger only the
 * label of one fact changes, no amount, instant or order.
 */
export class Words1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table charges rename column unserved_at to unapplied_at;
      alter index charges_unserved rename to charges_unapplied;
      alter table refund_payouts rename to manual_refunds;
      alter index one_open_payout rename to one_open_manual_refund;
      alter table manual_refunds rename constraint refund_payouts_pkey to manual_refunds_pkey;
      alter table manual_refunds rename constraint refund_payouts_refund_id_fkey to manual_refunds_refund_id_fkey;
      alter table manual_refunds rename constraint refund_payouts_status_check to manual_refunds_status_check;
      alter table manual_refunds rename constraint refund_payouts_check to manual_refunds_check;
      alter table manual_refunds rename constraint refund_payouts_check1 to manual_refunds_check1;
      alter table manual_refunds rename constraint refund_payouts_check2 to manual_refunds_check2;
      ${relabel('capture_unserved', 'capture_unapplied')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${relabel('capture_unapplied', 'capture_unserved')}
      alter table manual_refunds rename constraint manual_refunds_check2 to refund_payouts_check2;
      alter table manual_refunds rename constraint manual_refunds_check1 to refund_payouts_check1;
      alter table manual_refunds rename constraint manual_refunds_check to refund_payouts_check;
      alter table manual_refunds rename constraint manual_refunds_status_check to refund_payouts_status_check;
      alter table manual_refunds rename constraint manual_refunds_refund_id_fkey to refund_payouts_refund_id_fkey;
      alter table manual_refunds rename constraint manual_refunds_pkey to refund_payouts_pkey;
      alter index one_open_manual_refund rename to one_open_payout;
      alter table manual_refunds rename to refund_payouts;
      alter index charges_unapplied rename to charges_unserved;
      alter table charges rename column unapplied_at to unserved_at;`);
  }
}

/** The ledger is append only for everybody who works with it; only its owner can rename what a fact is called. */
function relabel(from: string, to: string): string {
  const facts = [to, 'capture', 'recognition', 'refund_owed', 'compensation', 'fee_kept', 'forfeiture']
    .concat(['forfeiture_corrected', 'refund_paid', 'refund_bounced', 'refund_paid_otherwise', 'add_on_used'])
    .concat(['entity_transfer', 'settlement', 'chargeback_opened', 'chargeback_won', 'chargeback_lost', 'write_off'])
    .map((fact) => `'${fact}'`);
  return `
      alter table ledger_transactions drop constraint ledger_transactions_fact_check;
      alter table ledger_transactions disable trigger user;
      alter table ledger_entries disable trigger user;
      update ledger_transactions set fact = '${to}' where fact = '${from}';
      update ledger_entries set fact = '${to}' where fact = '${from}';
      alter table ledger_entries enable trigger user;
      alter table ledger_transactions enable trigger user;
      alter table ledger_transactions add constraint ledger_transactions_fact_check check (fact in (${facts.join(', ')}));`;
}
