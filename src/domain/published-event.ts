/**
 * The facts that other programs are told (rules 11). A line of the timeline, or a case, with one of these names is written
 * to the outbox in its own transaction; every other name stays inside.
 */
export const PUBLISHED_EVENTS = [
  'subscription.trial_started',
  'subscription.activated',
  'subscription.temporary_started',
  'subscription.renewed',
  'subscription.past_due',
  'subscription.recovered',
  'subscription.canceled',
  'subscription.expired',
  'subscription.revoked',
  'subscription.discontinued',
  'subscription.suspended',
  'subscription.reinstated',
  'subscription.auto_renewal_changed',
  'charge.succeeded',
  'charge.failed',
  'refund.created',
  'refund.succeeded',
  'refund.failed',
  'chargeback.opened',
  'chargeback.won',
  'chargeback.lost',
  'notice.due',
  'case.opened',
] as const;
export type PublishedEvent = (typeof PUBLISHED_EVENTS)[number];

export function isPublished(event: string): event is PublishedEvent {
  return (PUBLISHED_EVENTS as readonly string[]).includes(event);
}
