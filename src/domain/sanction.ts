/**
 * Breach and its correction (4.5-4.7, 5.2, 5.3, 6.1.2): which clause a finding rests on, what is forfeited, and what a
 * mistaken finding gives back.
 */
import type { RevocationReason } from './end-reason.js';
import { DAY_MS, plusDays } from './instant.js';
import type { Subscription, SuspensionCause } from './subscription.js';

const CLAUSES: Record<RevocationReason, string> = {
  stolen_identity: '4.7',
  multiple_accounts: '4.7',
  unfair_ordering: '4.7',
  benefit_sharing: '4.5',
  bad_faith: '4.7',
  improper_use: '4.6',
  account_terminated: '5.3',
};

export function revocationClause(reason: RevocationReason): string {
  return CLAUSES[reason];
}

/** An end that followed from what is corrected now, a finding or a chargeback, and so is reopened with it (6.1.2). */
export function followedFrom(
  cause: SuspensionCause,
  { status, endReason, suspendedFor }: Pick<Subscription, 'status' | 'endReason' | 'suspendedFor'>,
): boolean {
  if (status === 'revoked') return cause === 'finding';
  return status === 'expired' && endReason === 'suspended' && suspendedFor === cause;
}

/** The end of a term whose holder was wrongly kept from it: the lost time, rounded up to whole days, is given back. */
export function giveBack(endsAt: Date, lostFrom: Date, lostTo: Date): { endsAt: Date; days: number } {
  const days = Math.ceil((lostTo.getTime() - lostFrom.getTime()) / DAY_MS);
  return { endsAt: plusDays(endsAt, days), days };
}
