/**
 * Whether a member is entitled at an instant (1.5, 4.1): a live term covers it, or grace does. Derived, never stored.
 */
import { benefitsUntil } from './due.js';
import type { RulePack } from './rule-pack.js';
import { isLive, type Subscription, type Term } from './subscription.js';

export interface Entitlement {
  entitled: boolean;
  reason: 'member' | 'trial' | 'grace' | 'no_membership' | 'suspended' | 'payment_pending' | 'payment_failed' | 'ended';
  clause: string;
  until: Date | null;
}

const no = (reason: Entitlement['reason'], clause: string): Entitlement => ({
  entitled: false,
  reason,
  clause,
  until: null,
});

/**
 * `lastTerm`: the newest term of the live subscription. While the next charge is expected or under way the market's
 * grace keeps benefits on past the term's end (rules 6).
 */
export function decideEntitlement(
  subscription: Pick<Subscription, 'status' | 'autoRenewal' | 'chargeProgress' | 'suspendedAt'> | null,
  lastTerm: Pick<Term, 'kind' | 'startsAt' | 'endsAt'> | null,
  pack: Pick<RulePack, 'renewalGraceDays' | 'conversionGraceDays'>,
  at: Date,
): Entitlement {
  if (subscription === null) return no('no_membership', '1.3');
  if (!isLive(subscription.status)) return no('ended', '5.1');
  if (lastTerm === null) return no('payment_pending', '3.1.2');
  if (subscription.suspendedAt !== null) return no('suspended', '5.2');
  const trial = lastTerm.kind === 'trial';
  if (at < lastTerm.endsAt && at >= lastTerm.startsAt) {
    return {
      entitled: true,
      reason: trial ? 'trial' : 'member',
      clause: trial ? '3.2.1' : '4.1',
      until: lastTerm.endsAt,
    };
  }
  const chargeExpected = subscription.autoRenewal || subscription.chargeProgress !== 'none';
  // The term has run out and nothing will be charged: the poll has only not come by yet.
  if (!chargeExpected) return no('ended', trial ? '3.2.1' : '3.3.1');
  const until = benefitsUntil(lastTerm, chargeExpected, pack);
  const begun = at >= lastTerm.startsAt;
  if (begun && until !== null && at < until) return { entitled: true, reason: 'grace', clause: '5.1', until };
  return no(subscription.status === 'past_due' ? 'payment_failed' : 'payment_pending', '5.1');
}
