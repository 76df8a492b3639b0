/**
 * The chart of accounts and what each fact posts (rules 12): double entry, debit positive, credit negative, every set
 * summing to zero. docs/LEDGER.md shows the same as a worked table. When to post is decided by the rooms.
 */
import type { ContractingEntity } from './subscription.js';

export type AccountKind = 'asset' | 'liability' | 'income' | 'expense';

export const ACCOUNTS = {
  bank: 'asset',
  gateway_receivable: 'asset',
  disputed_captures: 'asset',
  intercompany: 'asset',
  deferred_revenue: 'liability',
  deferred_add_ons: 'liability',
  tax_payable: 'liability',
  refunds_payable: 'liability',
  membership_revenue: 'income',
  add_on_revenue: 'income',
  benefit_deductions: 'income',
  forfeited_fees: 'income',
  revenue_reductions: 'income',
  gateway_fees: 'expense',
  chargeback_losses: 'expense',
  write_offs: 'expense',
} as const satisfies Record<string, AccountKind>;

export type Account = keyof typeof ACCOUNTS;

export const FACTS = [
  'capture',
  'capture_unapplied',
  'recognition',
  'refund_owed',
  'compensation',
  'fee_kept',
  'forfeiture',
  'forfeiture_corrected',
  'refund_paid',
  'refund_bounced',
  'refund_paid_otherwise',
  'add_on_used',
  'entity_transfer',
  'settlement',
  'chargeback_opened',
  'chargeback_won',
  'chargeback_lost',
  'write_off',
] as const;
export type Fact = (typeof FACTS)[number];

/** Minor units; debit above zero, credit below. */
export interface Posting {
  account: Account;
  amountMinor: number;
}

/** Where what is not returned of a fee goes when its service is cut short. */
export type KeptAs = 'membership_revenue' | 'add_on_revenue' | 'benefit_deductions' | 'forfeited_fees';

export type Deferred = 'deferred_revenue' | 'deferred_add_ons';

/** The books a membership is kept in: its company, or both of them where it contracts with two (FMA 1.1(c)). */
export function bookOf(entities: readonly ContractingEntity[]): string {
  return entities.map(({ name }) => name).join(' and ');
}

export function deferredAccount({ kind }: { kind: 'term' | 'add_on' }): Deferred {
  return kind === 'term' ? 'deferred_revenue' : 'deferred_add_ons';
}

export function postCapture(grossMinor: number, taxMinor: number, deferred: Deferred): Posting[] {
  return entries({ gateway_receivable: grossMinor, [deferred]: taxMinor - grossMinor, tax_payable: -taxMinor });
}

/** An unapplied payment: it is owed back from the start. */
export function postUnappliedPayment(grossMinor: number): Posting[] {
  return entries({ gateway_receivable: grossMinor, refunds_payable: -grossMinor });
}

export function postRecognition(netMinor: number): Posting[] {
  return entries({ deferred_revenue: netMinor, membership_revenue: -netMinor });
}

/**
 * A fee's service ends early and `refund` goes back: the whole unearned rest leaves the deferred account. What of it is
 * not returned is kept; what is returned beyond it reduces revenue.
 * 4131 net, 3973 unearned, 4807 back with 835 tax = 3972 net: 1 is kept
 */
export function postRefundOwed(
  deferred: { account: Deferred; restMinor: number },
  refund: { grossMinor: number; taxMinor: number },
  keptAs: KeptAs,
): Posting[] {
  const beyondMinor = refund.grossMinor - refund.taxMinor - deferred.restMinor;
  return entries({
    [deferred.account]: deferred.restMinor,
    tax_payable: refund.taxMinor,
    refunds_payable: -refund.grossMinor,
    [beyondMinor > 0 ? 'revenue_reductions' : keptAs]: beyondMinor,
  });
}

/** The fee's service goes on, or was given: what is paid back only reduces revenue. */
export function postCompensation(grossMinor: number, taxMinor: number): Posting[] {
  return entries({
    revenue_reductions: grossMinor - taxMinor,
    tax_payable: taxMinor,
    refunds_payable: -grossMinor,
  });
}

/** Nothing goes back of a fee whose service ends early: forfeited, or used up by the deduction. */
export function postKept(account: Deferred, restMinor: number, keptAs: KeptAs): Posting[] {
  return entries({ [account]: restMinor, [keptAs]: -restMinor });
}

/** The finding was mistaken: the service is owed again (6.1.2). */
export function postForfeitureCorrected(account: Deferred, restMinor: number): Posting[] {
  return postKept(account, -restMinor, 'forfeited_fees');
}

export function postRefundPaid(grossMinor: number): Posting[] {
  return entries({ refunds_payable: grossMinor, gateway_receivable: -grossMinor });
}

/** The gateway could not deliver what it had confirmed: the member is owed it again. */
export function postRefundBounced(grossMinor: number): Posting[] {
  return postRefundPaid(-grossMinor);
}

export function postRefundPaidOtherwise(grossMinor: number): Posting[] {
  return entries({ refunds_payable: grossMinor, bank: -grossMinor });
}

/** The member's bank has returned what a refund owed. */
export function postRefundCovered(grossMinor: number): Posting[] {
  return entries({ refunds_payable: grossMinor, disputed_captures: -grossMinor });
}

export function postAddOnUsed(netMinor: number): Posting[] {
  return entries({ deferred_add_ons: netMinor, add_on_revenue: -netMinor });
}

/** One company's side of a transfer; the other's is the same with the sign turned. */
export function postTransfer(account: Deferred, restMinor: number): Posting[] {
  return entries({ [account]: restMinor, intercompany: -restMinor });
}

/** `grossMinor`: captures less refunds, below zero when more went back; `feeMinor`: what the gateway kept. */
export function postSettlement(grossMinor: number, feeMinor: number): Posting[] {
  return entries({ bank: grossMinor - feeMinor, gateway_fees: feeMinor, gateway_receivable: -grossMinor });
}

export function postChargebackOpened(grossMinor: number): Posting[] {
  return entries({ disputed_captures: grossMinor, gateway_receivable: -grossMinor });
}

export function postChargebackWon(grossMinor: number): Posting[] {
  return postChargebackOpened(-grossMinor);
}

/**
 * The service is not owed any more: its unearned rest, or what is owed back of an unapplied payment, leaves the
 * books. What the bank took beyond it is lost; where it took less, the rest is forfeited.
 */
export function postChargebackLost(
  grossMinor: number,
  taxMinor: number,
  owed: { account: Deferred | 'refunds_payable'; restMinor: number },
): Posting[] {
  const beyondMinor = grossMinor - taxMinor - owed.restMinor;
  return entries({
    disputed_captures: -grossMinor,
    tax_payable: taxMinor,
    [owed.account]: owed.restMinor,
    [beyondMinor > 0 ? 'chargeback_losses' : 'forfeited_fees']: beyondMinor,
  });
}

/** Where one fact touches the books of several companies: what one pays for another is owed between them. */
export function postBetween<T extends Posting & { entity: string }>(lines: readonly T[]): T[] {
  const books = new Map<string, T>();
  for (const line of lines) {
    const amountMinor = (books.get(line.entity)?.amountMinor ?? 0) - line.amountMinor;
    books.set(line.entity, { ...line, account: 'intercompany', amountMinor });
  }
  return [...books.values()].filter(({ amountMinor }) => amountMinor !== 0);
}

/** A break that finance gives up: above zero a loss. */
export function postWriteOff(amountMinor: number): Posting[] {
  return entries({ write_offs: amountMinor, gateway_receivable: -amountMinor });
}

function entries(amounts: Partial<Record<Account, number>>): Posting[] {
  return Object.entries(amounts)
    .filter(([, amountMinor]) => amountMinor !== 0)
    .map(([account, amountMinor]) => ({ account: account as Account, amountMinor }));
}
