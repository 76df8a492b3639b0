/** How a charge is shown: an allow-list with its attempts. */
import type { Charge, ChargeStatus } from '../domain/charge.js';
import type { RequestAttempt } from '../gateway/request.store.js';

export class AttemptView {
  number: number;
  /** reversed: it had succeeded, and then the gateway said that it failed. */
  status: 'pending' | 'succeeded' | 'failed' | 'unknown' | 'reversed';
  /** Why it failed, as the gateway calls it. */
  code?: string;
  at: Date;
}

export class ChargeView {
  id: string;
  subscriptionId: string;
  termNumber: number;
  /** Minor units. */
  amount: number;
  currency: string;
  status: ChargeStatus;
  reference: string;
  purpose: string;
  attempts: AttemptView[];
  createdAt: Date;
  settledAt: Date | null;
}

export function viewCharge(charge: Charge, attempts: RequestAttempt[]): ChargeView {
  const { id, subscriptionId, termNumber, amountMinor, currency, status, reference, purpose, createdAt, settledAt } =
    charge;
  return {
    id,
    subscriptionId,
    termNumber,
    amount: amountMinor,
    currency,
    status,
    reference,
    purpose,
    attempts: attempts.map(viewAttempt),
    createdAt,
    settledAt: status === 'succeeded' || status === 'failed' ? settledAt : null,
  };
}

export function viewAttempt({ attempt, status, code, intendedAt, decidedAt }: RequestAttempt): AttemptView {
  const decided = status === 'succeeded' || status === 'failed' || status === 'unknown';
  const takenBack = status === 'succeeded' && code !== null;
  return {
    number: attempt,
    status: takenBack ? 'reversed' : decided ? status : 'pending',
    ...(code === null ? {} : { code }),
    at: decidedAt ?? intendedAt,
  };
}
