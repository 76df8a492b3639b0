/** What the code may write into a column, and what the database lets in, are the same list. */
import { readFileSync } from 'node:fs';
import { CHARGE_PROGRESS } from '../../src/domain/charge-progress.js';
import { STANDINGS } from '../../src/domain/eligibility.js';
import { FACTS } from '../../src/domain/ledger.js';
import { NOTICE_KINDS } from '../../src/domain/notice.js';
import { BREAK_KINDS, BREAK_STATUSES, RESOLUTIONS } from '../../src/domain/reconciliation.js';
import { SUBSCRIPTION_STATUSES } from '../../src/domain/subscription.js';
import { REQUEST_FAILURES, REQUEST_STATUSES } from '../../src/gateway/gateway-request.entity.js';
import { DECIDED_OUTCOMES } from '../../src/gateway/request-decision.entity.js';
import { DOCUMENT_KINDS } from '../../src/invoices/document.entity.js';
import { GATEWAYS } from '../../src/reconciliation/formats.js';
import { SETTLEMENT_STATUSES } from '../../src/reconciliation/settlement.entity.js';

const schema = readFileSync('migrations/schema.txt', 'utf8');

it.each<[string, readonly string[]]>([
  ['subscriptions_status_check', SUBSCRIPTION_STATUSES],
  ['subscriptions_charge_progress_check', CHARGE_PROGRESS],
  ['standings_standing_check', STANDINGS],
  ['notices_kind_check', NOTICE_KINDS],
  ['ledger_transactions_fact_check', FACTS],
  ['document_counters_kind_check', DOCUMENT_KINDS],
  ['settlements_gateway_check', GATEWAYS],
  ['settlements_status_check', SETTLEMENT_STATUSES],
  ['gateway_requests_status_check', REQUEST_STATUSES],
  ['gateway_requests_failure_check', REQUEST_FAILURES],
  ['request_decisions_outcome_check', DECIDED_OUTCOMES],
  ['breaks_kind_check', BREAK_KINDS],
  ['breaks_status_check', BREAK_STATUSES],
  ['break_resolutions_resolution_check', RESOLUTIONS],
])('%s lets in what the code knows', (check, known) => {
  const [line] = new RegExp(`  ${check}: .*`).exec(schema) ?? [''];
  const letIn = [...line.matchAll(/'([a-z_]+)'::text/g)].map(([, word]) => word);
  expect(letIn.sort()).toEqual([...known].sort());
});
