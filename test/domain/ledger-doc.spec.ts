/** Holds `docs/LEDGER.md` equal to the law: its accounts, its facts, and every worked number. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as ledger from '../../src/domain/ledger.js';

const page = readFileSync(path.resolve(__dirname, '../../docs/LEDGER.md'), 'utf8');

/** The cells of the table below a heading, without its two head lines. */
function tableUnder(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const rest = { account: 'deferred_revenue', restMinor: 3973 } as const;
const whole = { account: 'deferred_revenue', restMinor: 4131 } as const;
const turned = (postings: ledger.Posting[]): ledger.Posting[] =>
  postings.map(({ account, amountMinor }) => ({ account, amountMinor: -amountMinor }));
const outside = ledger.postRefundOwed(rest, { grossMinor: 4807, taxMinor: 835 }, 'membership_revenue');

/** In the order of the page. */
const WORKED: [fact: ledger.Fact, postings: ledger.Posting[]][] = [
  ['capture', ledger.postCapture(4999, 868, 'deferred_revenue')],
  ['capture', ledger.postCapture(15_000, 0, 'deferred_add_ons')],
  ['capture_unapplied', ledger.postUnappliedPayment(4999)],
  ['recognition', ledger.postRecognition(340)],
  ['refund_owed', outside],
  ['refund_owed', ledger.postRefundOwed(rest, { grossMinor: 4999, taxMinor: 868 }, 'benefit_deductions')],
  ['refund_owed', ledger.postRefundOwed(rest, { grossMinor: 4499, taxMinor: 781 }, 'benefit_deductions')],
  ['refund_owed', ledger.postRefundOwed(whole, { grossMinor: 4999, taxMinor: 868 }, 'membership_revenue')],
  ['refund_owed', outside],
  ['compensation', ledger.postCompensation(500, 87)],
  ['fee_kept', ledger.postKept('deferred_revenue', 3973, 'benefit_deductions')],
  ['fee_kept', ledger.postKept('deferred_add_ons', 818, 'add_on_revenue')],
  ['forfeiture', ledger.postKept('deferred_revenue', 3973, 'forfeited_fees')],
  ['forfeiture_corrected', ledger.postForfeitureCorrected('deferred_revenue', 3973)],
  ['refund_paid', ledger.postRefundPaid(4807)],
  ['refund_bounced', ledger.postRefundBounced(4807)],
  ['refund_paid_otherwise', ledger.postRefundPaidOtherwise(4807)],
  ['refund_paid_otherwise', ledger.postRefundCovered(4807)],
  ['add_on_used', ledger.postAddOnUsed(818)],
  ['entity_transfer', ledger.postTransfer('deferred_revenue', 3973)],
  ['entity_transfer', turned(ledger.postTransfer('deferred_revenue', 3973))],
  ['settlement', ledger.postSettlement(4999, 95)],
  ['settlement', ledger.postSettlement(-4807, 0)],
  ['chargeback_opened', ledger.postChargebackOpened(4999)],
  ['chargeback_won', ledger.postChargebackWon(4999)],
  ['chargeback_lost', ledger.postChargebackLost(4999, 868, rest)],
  ['chargeback_lost', ledger.postChargebackLost(1000, 174, rest)],
  ['chargeback_lost', ledger.postChargebackLost(4999, 0, { account: 'refunds_payable', restMinor: 4999 })],
  ['write_off', ledger.postWriteOff(5)],
];

function entriesIn(cell: string): [account: string, minor: number][] {
  return [...cell.matchAll(/`(\w+)` (\d+)/g)].map(([, account = '', minor]) => [account, Number(minor)]);
}

const sorted = (entries: [string, number][]): [string, number][] => entries.sort(([a], [b]) => a.localeCompare(b));

it('names every account with its kind and what it holds', () => {
  expect(tableUnder('Accounts').map(([account, kind]) => [account, kind])).toEqual(
    Object.entries(ledger.ACCOUNTS).map(([account, kind]) => [`\`${account}\``, kind]),
  );
  for (const [, , holds] of tableUnder('Accounts')) expect(holds).toMatch(/^[a-z].{10,}$/);
});

it('has every fact, in the order of the code', () => {
  const told = tableUnder('Facts').map(([fact]) => fact);
  expect([...new Set(told)]).toEqual(ledger.FACTS.map((fact) => `\`${fact}\``));
});

it('posts what it shows, to the minor unit', () => {
  const told = tableUnder('Facts').map(([fact, , debit = '', credit = '']) => ({
    fact,
    entries: sorted([
      ...entriesIn(debit),
      ...entriesIn(credit).map(([account, minor]): [string, number] => [account, -minor]),
    ]),
  }));
  expect(told).toEqual(
    WORKED.map(([fact, postings]) => ({
      fact: `\`${fact}\``,
      entries: sorted(postings.map(({ account, amountMinor }) => [account, amountMinor])),
    })),
  );
});
