/** How the reports are shown; each figure with its definition. Amounts are minor units. */
import type { RefundStatus } from '../domain/refund.js';

export class DeferredRevenueRow {
  /** `2027-01`, UTC. */
  month: string;
  /** The contracting company; two joined by " and " where a membership has two. */
  entity: string;
  currency: string;
  /** Owed in service when the month began: the closing of the month before. */
  opening: number;
  /** Captured for service, net of tax. */
  added: number;
  /** Earned: by days that passed, and what was kept of a fee whose service ended early. */
  recognised: number;
  /** Returned unearned, net of tax, disputes lost included. */
  refunded: number;
  /** Lost by the member for a breach, less what was given back after a mistaken finding. */
  forfeited: number;
  /** Received from another company, less what was handed over. */
  transferred: number;
  /** opening + added − recognised − refunded − forfeited + transferred. */
  closing: number;
  /** Of `refunded`, what banks took back in disputes. */
  chargedBack: number;
}

export class DeferredRevenueView {
  rows: DeferredRevenueRow[];
}

export class RevenueRow {
  /** `2027-01`, UTC. */
  month: string;
  /** The membership's market. */
  country: string;
  currency: string;
  /** Fees earned by days that passed, and what of a fee was kept by rounding. */
  membership: number;
  /** Value-added services used, or kept unused. */
  addOns: number;
  /** What was kept of a fee inside the cancellation period (3.4.1). */
  deductionsKept: number;
  /** Fees forfeited for a breach (5.3), less those given back (6.1.2). */
  forfeited: number;
  /** Returned beyond what was unearned, and compensations (6.2). */
  reductions: number;
  /** membership + addOns + deductionsKept + forfeited − reductions. */
  net: number;
  /** Tax that became payable with captures, less that of returns. */
  tax: number;
}

export class RevenueView {
  rows: RevenueRow[];
}

export class RefundLine {
  id: string;
  createdAt: Date;
  settledAt: Date | null;
  country: string;
  subscriptionId: string;
  chargeId: string;
  /** What the charge had captured. */
  paid: number;
  amount: number;
  currency: string;
  basis: string;
  clause: string;
  status: RefundStatus;
  formula: string | null;
  /** The inputs of the formula. */
  calculation: object;
}

export class RefundTotal {
  country: string;
  currency: string;
  basis: string;
  clause: string;
  status: RefundStatus;
  refunds: number;
  amount: number;
}

export class RefundsReportView {
  /** Of all refunds decided in the period. */
  totals: RefundTotal[];
  /** Newest first. */
  data: RefundLine[];
  nextCursor: string | null;
}

export class MonthlyRevenue {
  amount: number;
  /** The market's. */
  currency: string;
}

export class MembershipRow {
  country: string;
  /** Members just before the period: whose first paid term had begun and whose membership had not ended. */
  membersAtStart: number;
  /** Whose first paid term began in the period. */
  newMembers: number;
  /** Members whose membership ended in the period. */
  churned: number;
  /** membersAtStart + newMembers − churned. */
  membersAtEnd: number;
  /** Trial terms that began in the period. */
  trialsStarted: number;
  /** Of the new members, those who began with a trial. */
  trialsConverted: number;
  /** Trials whose membership ended in the period without a paid term. */
  trialsLost: number;
  /** trialsConverted / (trialsConverted + trialsLost), to four places; null when none was decided. */
  conversionRate: number | null;
  /** Paid terms that came to their end in the period. */
  renewalsDue: number;
  /** Of these, those another paid term has followed; it may still rise while a payment is overdue. */
  renewed: number;
  /** renewed / renewalsDue. */
  renewalRate: number | null;
  /** Of the churned, those who canceled or had switched auto-renewal off. */
  churnedVoluntary: number;
  /** Of the churned, those whose renewal was never paid. */
  churnedInvoluntary: number;
  /** Of the churned, those ended by us: a breach, the end of a market, a missing notice. */
  churnedByUs: number;
  /** churned / membersAtStart. */
  churnRate: number | null;
  /** Overdue renewals that were paid in the period after all. */
  recovered: number;
  /** recovered / (recovered + churnedInvoluntary). */
  recoveryRate: number | null;
  /** Monthly recurring revenue at the end of the period: the members' gross prices × 365 / (12 × days of their term). */
  mrr: MonthlyRevenue;
}

export class MembershipView {
  from: Date;
  /** Not included. */
  to: Date;
  rows: MembershipRow[];
}
