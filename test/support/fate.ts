/** What became of a member, in one line: the state as the service shows it, and the money as the gateway recorded it. */
import type { SubscriptionAnswer } from './api-client.js';
import type { Service } from './service.js';

type Shown = SubscriptionAnswer & { suspendedAt: string | null };

/** Such as `active, term 2 until 2028-02-29; 2 captured, 0 returned`; of one that ran out it says why. */
export async function fateOf({ api, sandbox }: Service, id: string): Promise<string> {
  const { body } = await api.call<Shown>('GET', `/v1/subscriptions/${id}`);
  const movements = await sandbox.movements();
  const captured = movements.filter(({ type, reference }) => type === 'capture' && reference?.includes(id));
  const payments = captured.map(({ paymentIntent }) => paymentIntent);
  const back = movements.filter(({ type, paymentIntent }) => type === 'refund' && payments.includes(paymentIntent));
  const returned = back.reduce((sum, { amount }) => sum + amount, 0);
  return `${stateOf(body)}; ${captured.length} captured, ${returned} returned`;
}

function stateOf(shown: Shown): string {
  const { status, endedAt, endReason, currentTerm, nextTerm, suspendedAt, autoRenewal, paymentMethod } = shown;
  if (endedAt !== null) return status === 'expired' ? `expired ${endReason}` : status;
  const words = [status];
  if (currentTerm !== null) words.push(`term ${currentTerm.number} until ${currentTerm.endsAt.slice(0, 10)}`);
  if (nextTerm !== null) words.push(`term ${nextTerm.number} waits`);
  if (suspendedAt !== null) words.push('suspended');
  if (!autoRenewal) words.push('to run out');
  if (paymentMethod.brand === 'mastercard') words.push('by mastercard');
  return words.join(', ');
}
